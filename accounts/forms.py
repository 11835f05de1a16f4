from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError


class SignInForm(forms.Form):
    username = UsernameField(
        label="账号",
        max_length=50,
        error_messages={"required": "请填写账号。", "max_length": "账号不超过 50 个字。"},
    )
    password = forms.CharField(
        label="密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写密码。", "max_length": "密码不超过 200 个字。"},
    )


class PasswordForm(forms.Form):
    """Shape and strength of a new password; whether the old one is right is asked by the view, which counts tries."""

    old = forms.CharField(
        label="原密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写原密码。"},
    )
    new = forms.CharField(
        label="新密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请填写新密码。"},
    )
    again = forms.CharField(
        label="再输一次新密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请再输一次新密码。"},
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self):
        old, new, again = (self.cleaned_data.get(name) for name in ("old", "new", "again"))
        if new and again and new != again:
            self.add_error("again", "两次输入的新密码不一样。")
        if new and new == old:
            self.add_error("new", "新密码不能与原密码相同。")
        elif new:
            try:
                password_validation.validate_password(new, self.user)
            except ValidationError as error:
                self.add_error("new", error)
        return self.cleaned_data


def _code(**attrs):
    return forms.CharField(
        label="验证码",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false", **attrs}),
        error_messages={"required": "请填写验证码。", "max_length": "验证码是 6 位数字。"},
    )


class CodeForm(forms.Form):
    """Six digits, or a recovery code, which has letters too."""

    code = _code(autocapitalize="characters")


class FirstCodeForm(forms.Form):
    code = _code(inputmode="numeric")


class ConfirmForm(forms.Form):
    """Password again, and a code when the account has a second factor."""

    password = forms.CharField(
        label="登录密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写密码。", "max_length": "密码不超过 200 个字。"},
    )
    code = _code(autocapitalize="characters")

    def __init__(self, *args, has_factor, **kwargs):
        super().__init__(*args, **kwargs)
        if not has_factor:
            del self.fields["code"]
