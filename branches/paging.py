"""Pages of lists that grow for years."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property

LEAFED = 10_000  # rows: nobody leafs further back than that, one filters


class LongPaginator(Paginator):
    """Counts no further than people leaf, so that a list of a million rows, newest first, opens like one of ten thousand."""

    leafed = LEAFED

    @cached_property
    def _found(self):
        return self.object_list.order_by()[: self.leafed + 1].count()

    @cached_property
    def count(self):
        return min(self._found, self.leafed)

    @property
    def has_more(self):
        return self._found > self.leafed
