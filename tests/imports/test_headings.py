"""Header rows as counties really write them: each column is found, whatever the office calls it."""

import pytest

from branches.resources import OrganisationResource
from jobs.planning import dictionary
from meetings.resources import RegisterResource
from members.resources import RosterResource
from office.reader import Sheet
from office.table import find_table

HEADINGS = [
    (
        OrganisationResource,
        [
            "序号",
            "党组织全称",
            "组织类型",
            "上级党委",
            "覆盖单位",
            "建立党组织时间",
            "书记姓名",
            "换届选举时间",
            "任期届满时间",
            "支委会委员数",
        ],
        "name kind parent schools founded_on secretary_name started_on expires_on committee_size",
    ),
    (
        OrganisationResource,
        [
            "编号",
            "组织设置名称",
            "组织设置形式",
            "隶属党组织",
            "依托单位",
            "学校学段",
            "城乡属性",
            "学校性质",
            "批准成立时间",
            "党支部书记",
            "书记手机",
            "下设党小组数",
        ],
        "name kind parent schools stage area nature founded_on secretary_name contact_phone groups",
    ),
    (
        OrganisationResource,
        [
            "支部名称",
            "支部类型",
            "上级组织",
            "学校名称",
            "支部成立日期",
            "现任书记",
            "联系方式",
            "最近一次换届时间",
            "下次换届时间",
            "班子成员数",
            "党小组个数",
            "备考",
        ],
        "name kind parent schools founded_on secretary_name contact_phone started_on expires_on committee_size groups note",
    ),
    (
        OrganisationResource,
        [
            "基层党组织名称",
            "党组织类别",
            "隶属关系",
            "所属学校",
            "组建时间",
            "负责人姓名",
            "任期起",
            "任期止",
            "委员数",
            "小组数",
        ],
        "name kind parent schools founded_on secretary_name started_on expires_on committee_size groups",
    ),
    (
        RosterResource,
        [
            "序号",
            "支部全称",
            "姓名",
            "性别",
            "民族",
            "出生年月",
            "居民身份证号码",
            "文化程度",
            "参加党组织时间",
            "转为正式党员的时间",
            "党员身份",
            "支部内职务",
            "专业技术职务",
            "联系手机",
        ],
        "branch name sex ethnicity birth_on id_number education joined_on converted_on kind posts title phone",
    ),
    (
        RosterResource,
        [
            "党员姓名",
            "所属基层党组织",
            "公民身份证件号码",
            "民族成份",
            "接收为预备党员时间",
            "按期转正时间",
            "政治面貌",
            "党籍情况",
            "教师职称",
            "骨干教师称号",
        ],
        "name branch id_number ethnicity joined_on converted_on kind status title backbone",
    ),
    (
        RosterResource,
        [
            "组织关系所在支部",
            "名字",
            "男女",
            "出生时间",
            "证件号码",
            "最高学历",
            "加入中国共产党时间",
            "转正日期",
            "人员类型",
            "党内任职",
            "本人电话",
        ],
        "branch name sex birth_on id_number education joined_on converted_on kind posts phone",
    ),
    (
        RosterResource,
        ["党员所在党支部", "姓名", "身份证号", "入党年月日", "转正年月日", "正式/预备"],
        "branch name id_number joined_on converted_on kind",
    ),
    (
        RegisterResource,
        [
            "序号",
            "支部全称",
            "会议类别",
            "会议召开时间",
            "活动内容",
            "主持同志",
            "应参会人数",
            "实际参会人数",
            "会议地点",
        ],
        "branch kinds held_on topic host due_count attended_count place",
    ),
    (
        RegisterResource,
        ["召开支部", "三会一课类型", "开展时间", "会议议题", "会议主持人", "应到会人数", "实到会人数", "备注"],
        "branch kinds held_on topic host due_count attended_count note",
    ),
    (
        RegisterResource,
        [
            "党支部",
            "组织生活形式",
            "活动时间",
            "主要内容",
            "召集人",
            "应参加党员数",
            "实际参加党员数",
            "活动场所",
            "计入年度",
        ],
        "branch kinds held_on topic host due_count attended_count place assessment_year",
    ),
    (
        RegisterResource,
        ["所在党支部", "活动形式", "举办日期", "活动主题", "应出席人数", "出席人数"],
        "branch kinds held_on topic due_count attended_count",
    ),
]


@pytest.mark.parametrize(("resource", "headings", "keys"), HEADINGS, ids=[headings[1] for _, headings, _ in HEADINGS])
def test_the_columns_of_other_counties_are_recognised(resource, headings, keys):
    columns, _ = dictionary(resource.columns_file)

    found = find_table(
        [Sheet("表", [(1, headings), (2, ["x"] * len(headings))])], columns, kind_label=resource.kind_label
    )

    assert sorted(found.columns) == sorted(keys.split())
    assert {text for _, text in found.unknown} <= {"序号", "编号"}
