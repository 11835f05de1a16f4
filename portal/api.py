from rest_framework import serializers

from branches.endpoint import Table
from portal.reports import catalogue


class ReportSerializer(serializers.Serializer):
    number = serializers.IntegerField(label="序号")
    key = serializers.CharField(label="代码")
    name = serializers.CharField(label="名称")
    purpose = serializers.CharField(label="用途")
    columns = serializers.ListField(child=serializers.CharField(), label="栏目")


class Reports(Table):
    verb, group, label, serializer_class = "report.export", "报表", "报表目录", ReportSerializer
    about = "只列目录；报表在网页上导出，以便留下记录。"

    def rows(self, user):
        return [report for report in catalogue.REPORTS if report.is_open_to(user)]
