"""What the API says when it refuses: a code for programs, a sentence for people."""

ERRORS = {  # status → (code, what is said)
    400: ("bad_parameter", "参数不对，见 fields。"),
    401: ("no_token", "没有令牌，或令牌已失效。请在请求头写 Authorization: Bearer 加令牌。"),
    403: ("forbidden", "令牌或岗位没有看这类数据的权限。"),
    404: ("not_found", "没有这条数据，或不在您的范围内。"),
    405: ("read_only", "接口只能读取，请用 GET。"),
    429: ("too_many", "请求太多，请按 Retry-After 的秒数稍后再取。"),
    500: ("failed", "服务器出错，已记录。请稍后再试。"),
    503: ("unavailable", "接口暂时不能用，请稍后再试；网页不受影响。"),
}
PROBLEM = {
    "type": "object", "required": ["code", "message", "fields"], "additionalProperties": False,
    "properties": {
        "code": {"type": "string", "enum": sorted(code for code, _ in ERRORS.values()), "description": "给程序看的代码"},
        "message": {"type": "string", "description": "给人看的说明"},
        "fields": {
            "type": "object", "description": "参数名 → 哪里不对",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}  # fmt: skip


def problem(status, *, fields=None):
    """The body of a refusal; `fields`: parameter → what is wrong with it."""
    code, message = ERRORS.get(status, ERRORS[500])
    return {"code": code, "message": message, "fields": fields or {}}
