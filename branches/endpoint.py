"""The one shape of every read endpoint of the API: rows only through `visible_to`, a fixed set of columns, paged by key."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path
from drf_spectacular.openapi import AutoSchema
from rest_framework import exceptions, serializers, viewsets
from rest_framework.filters import BaseFilterBackend
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from branches import query
from branches.refusals import ERRORS, problem

TOLD = (400, 401, 403, 429, 503)  # what any operation may answer beside its own


def answer(error, context):
    """DRF's exceptions in our own words."""
    if isinstance(error, Http404):
        status = 404
    elif isinstance(error, PermissionDenied):
        status = 403
    elif isinstance(error, exceptions.APIException):
        status = error.status_code
    else:
        return None
    fields = error.detail if isinstance(error, exceptions.ValidationError) else None
    return Response(problem(status, fields=fields), status=status)


class Json(BaseContentNegotiation):
    """There is one form, whatever is asked for."""

    def select_parser(self, request, parsers):
        return parsers[0]

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class Filters(BaseFilterBackend):
    """Reads the whole query at once and keeps it for the page."""

    def filter_queryset(self, request, queryset, view):
        offered = self.offered(view)
        view.asked = query.read(request, offered)
        lookups = {offered[name].lookup: value for name, value in view.asked.items() if offered[name].lookup}
        return queryset.filter(**lookups)

    def offered(self, view):
        """Of a list its filters and the page; of one row nothing."""
        if view.action != "list":
            return {}
        columns = (query.of_column(view.model, name) for name in view.filters)
        return {name: found for each in columns for name, found in each.items()} | view.asks | query.PAGE

    def get_schema_operation_parameters(self, view):
        own = self.offered(view)
        return [parameter.documented(name) for name, parameter in own.items()]


class Keyset(BasePagination):
    """Pages by the key of the last row seen: each costs the same, and no row is skipped while others are added."""

    def paginate_queryset(self, queryset, request, view=None):
        asked = view.asked
        limit, ordering = asked.get("limit", query.USUAL), asked.get("ordering", "id")
        if "after" in asked:
            queryset = queryset.filter(**{"pk__lt" if ordering == "-id" else "pk__gt": asked["after"]})
        rows = list(queryset.order_by("-pk" if ordering == "-id" else "pk")[: limit + 1])
        self.next = None
        if len(rows) > limit:
            rows = rows[:limit]
            params = request.GET.copy()
            params["after"] = rows[-1].pk
            self.next = f"{request.path}?{params.urlencode()}"
        return view.told(rows)

    def get_paginated_response(self, data):
        return Response({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema):
        following = {"type": "string", "nullable": True, "description": "下一页的地址；没有下一页时为空"}
        return {
            "type": "object", "required": ["results", "next"], "additionalProperties": False,
            "properties": {"results": schema, "next": following},
        }  # fmt: skip


class Described(AutoSchema):
    """The OpenAPI document in the office's words, with what any operation may refuse."""

    def get_tags(self):
        return [self.view.group]

    def get_summary(self):
        return self.view.label if self.view.action == "list" else f"{self.view.label}：一条"

    def get_description(self):
        return f"须有“{self.view.right()}”的权限。{self.view.about}"

    def get_operation_id(self):
        return f"{self.view.route.replace('-', '_')}_{self.view.action}"

    def _map_serializer_field(self, field, direction, bypass_extensions=False):
        """What a row may hold: also nothing where a choice may be left open, and an hour without a zone."""
        found = super()._map_serializer_field(field, direction, bypass_extensions)
        if found.get("format") == "time":
            found = {**found, "pattern": r"^\d{2}:\d{2}:\d{2}$"}
            del found["format"]
        columns = (
            {column.name: column for column in self.view.queryset.model._meta.concrete_fields}
            if "enum" in found
            else {}
        )
        if column := columns.get(field.field_name):
            left_open = [""] * column.blank + [None] * column.null
            found = {**found, "enum": [*found["enum"], *left_open]}
        return found

    def _get_response_bodies(self, direction="response"):
        found = super()._get_response_bodies(direction)
        refusals = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for status in (*TOLD, *(() if self.view.action == "list" else (404,))):
            found[str(status)] = {"description": ERRORS[status][1], "content": refusals}
        return found


class Reading(viewsets.GenericViewSet):
    """What every endpoint has: a verb, a name, a group of the documentation. `about`: a word on what is left out."""

    verb = group = label = route = about = ""
    http_method_names = ["get", "head"]
    schema = Described()
    content_negotiation_class = Json

    @classmethod
    def as_view(cls, actions=None, **initkwargs):
        view = super().as_view(actions, **initkwargs)
        view.policy = cls.verb
        return view

    def right(self):
        from branches.rights import VERBS  # asked only by the documentation

        return VERBS[self.verb]


class Endpoint(viewsets.mixins.ListModelMixin, viewsets.mixins.RetrieveModelMixin, Reading):
    """The rows of one table that the token's holder may see, with the columns that are named and no others.

    `filters`: columns that may be asked for; a day gives two, `_from` and `_until`. `beside`: serializer fields that are no
    columns, `worked_out` the class with their `get_…` methods, `reads` the columns they are made of, `joined` the lookups to
    read together, so that the number of queries stays the same. `asks`: parameters that are no columns; what was asked is in
    `asked` when `told` makes of one page's rows what is shown. `row`: what a row is called in the description, where two lists
    are of one table.
    """

    model, fields, filters, beside, worked_out, reads, joined, asks = None, (), (), {}, object, (), (), {}
    row = ""
    filter_backends = [Filters]
    pagination_class = Keyset

    def __init_subclass__(cls):
        super().__init_subclass__()
        meta = type("Meta", (), {"model": cls.model, "fields": cls.fields, "read_only_fields": cls.fields})
        named = {"Meta": meta, "__doc__": "", **cls.beside}
        bases = (
            (serializers.ModelSerializer,)
            if cls.worked_out is object
            else (cls.worked_out, serializers.ModelSerializer)
        )
        cls.serializer_class = type(f"{cls.row or cls.model.__name__}Serializer", bases, named)
        cls.queryset = cls.model._default_manager.none()
        cls.label = cls.label or str(cls.model._meta.verbose_name)

    def get_queryset(self):
        seen = self.narrowed(self.seen(self.request.user))
        return seen.only(*self._columns()).prefetch_related(*self.joined)

    def seen(self, user):
        return self.model.objects.visible_to(user)

    def narrowed(self, seen):
        """What of the rows the endpoint is about; all, unless it says otherwise."""
        return seen

    def told(self, rows):
        """The rows of one page as they are shown."""
        return rows

    def get_object(self):
        return self.told([super().get_object()])[0]

    def _columns(self):
        own = {field.name for field in self.model._meta.concrete_fields}
        return [name for name in (*self.fields, *self.reads) if name in own]


class Whole(Keyset):
    """A short list that is not of the database: one page."""

    def paginate_queryset(self, queryset, request, view=None):
        self.next = None
        return list(queryset)


class NoFilters(Filters):
    def filter_queryset(self, request, queryset, view):
        query.read(request, {})
        return queryset

    def offered(self, view):
        return {}


class Table(viewsets.mixins.ListModelMixin, Reading):
    """A list that is worked out: `rows(user)` gives dicts with the columns of `serializer_class`."""

    filter_backends = [NoFilters]
    pagination_class = Whole

    def get_queryset(self):
        return self.rows(self.request.user)


def addresses(**endpoints):
    """The routes of endpoints by name: the list, and one row of it."""
    found = []
    for name, endpoint in endpoints.items():
        route = endpoint.route = name.replace("_", "-")
        found.append(path(f"{route}/", endpoint.as_view({"get": "list"}), name=route))
        if issubclass(endpoint, Endpoint):
            found.append(path(f"{route}/<int:pk>/", endpoint.as_view({"get": "retrieve"}), name=f"{route}-one"))
    return found
