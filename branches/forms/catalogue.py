from django import forms

from branches.models import CatalogueEntry


class EntryForm(forms.ModelForm):
    """One entry of a list; which boxes it has depends on the list."""

    class Meta:
        model = CatalogueEntry
        fields = ("label", "note", "source", "from_year", "until_year", "is_extra", "levels", "due")

    only = {  # boxes that mean something in one list alone
        "is_extra": {CatalogueEntry.Catalogue.FOUR_ONES, CatalogueEntry.Catalogue.SEVEN_ONES},
        "levels": {CatalogueEntry.Catalogue.TITLE},
        "due": {CatalogueEntry.Catalogue.TITLE, CatalogueEntry.Catalogue.SEVEN_ONES},
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, lists in self.only.items():
            if self.instance.catalogue not in lists:
                del self.fields[name]
        self.fields["source"].help_text = "批准这份名目的文号；还没有文件的，写“示例”"
