from django.utils import timezone
from rest_framework import serializers

from branches.endpoint import Endpoint, Table
from rulebook.book import in_force
from rulebook.models import CalendarDay, SchoolTerm

GROUP = "规则"


class RuleSerializer(serializers.Serializer):
    key = serializers.CharField(label="规则")
    label = serializers.CharField(label="名称")
    value = serializers.JSONField(label="取值")
    since = serializers.DateField(label="自何日起")
    source = serializers.CharField(label="依据")
    local = serializers.BooleanField(label="可由本县决定")


class Rules(Table):
    verb, group, label, serializer_class = "rule.see", GROUP, "现行规则", RuleSerializer
    about = "以今天为准，含本县决定。"

    def rows(self, user):
        return list(in_force(on=timezone.localdate()).values())


class SchoolTerms(Endpoint):
    verb, group, model = "rule.see", GROUP, SchoolTerm
    fields = ("id", "name", "started_on", "ended_on", "is_provisional")


class CalendarDaySerializer(serializers.Serializer):
    on = serializers.DateField(label="日期")
    is_working = serializers.BooleanField(label="上班")
    name = serializers.CharField(label="说明")
    source = serializers.CharField(label="依据")


class CalendarDays(Table):
    verb, group, label, serializer_class = "rule.see", GROUP, "节假日和调休", CalendarDaySerializer
    about = "与星期不同的日子：工作日放假，周末上班。"

    def rows(self, user):
        return CalendarDay.objects.visible_to(user).order_by("on")
