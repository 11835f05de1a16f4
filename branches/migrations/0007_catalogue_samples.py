from django.db import migrations

# Sample wording; the county words its own on the page 名目设置. Source of each: what the design's domain rules cite.
LOCAL, S0, S2 = "示例（待本县文件核对）", "示例：年度党建工作要点", "示例：支部规范化建设要求"
WEAK_REASONS = [
    ("班子配备不齐，书记长期空缺", "书记空缺超过 3 个月，或者支委缺额长期不补"),
    ("书记不胜任", "不履行第一责任人职责，党员群众意见集中"),
    ("班子不团结", "内耗严重，集体决策制度不落实"),
    ("长期不按期换届", "任期届满后长期不换届，又没有批准延期"),
    ("组织生活制度形同虚设", "三会一课、主题党日、组织生活会、民主评议党员长期不开展"),
    ("长期不发展党员", "连续两年以上没有培养入党积极分子或发展对象"),
    ("年度考核排名末位", "量化考核不合格或者连续排名末位"),
    ("群众满意度低", "群众测评满意率低于 60%"),
    ("其他情形", "会同纪检、信访等部门认定的其他情形"),
]
FOUR_ONES = [
    ("一名工委领导联系", "包联督促，帮助研究整顿措施"),
    ("一名股室或学校指导员驻点", "具体指导组织生活和制度落实"),
    ("一名第一书记或帮带书记", "帮带班子、党员队伍"),
    ("一个先进支部结对", "结对共建，示范带动"),
]
TITLES = [  # label, levels, due, note
    ("党建示范创建", "省级、市级、县级", "09-30", "储备、推荐、上报、命名，9 月底前遴选上报"),
    ("文明学校", "省级、市级、县级", "", ""),
    ("勤廉单位", "市级、县级", "", ""),
    ("星级支部", "", "", "一至五星，由上级评定"),
    ("一校一品党建品牌", "", "", "一所学校一个品牌，写明内涵、做法和成效"),
    ("三化三争", "", "", "主题创建"),
    ("模范机关", "市级、县级", "", "主题创建"),
]
SEVEN_ONES = [  # label, note, is_extra
    ("一室", "党员活动室", False), ("一旗", "党旗", False), ("一徽", "党徽", False), ("一标", "党支部标识", False),
    ("一栏", "党务公开栏", False), ("一簿", "党员活动记录簿", False), ("一制度", "制度上墙", False),
    ("标志牌", "", True), ("入党誓词", "", True), ("权利义务展板", "党员的权利和义务", True),
    ("发展党员流程图", "", True), ("党小组划分", "党小组划分公示", True),
]  # fmt: skip
YEAR = 2018  # of the 支部工作条例


def rows():
    for order, (label, note) in enumerate(WEAK_REASONS, 1):
        yield {"catalogue": "weak_reason", "label": label, "note": note, "source": LOCAL, "order": order}
    for order, (label, note) in enumerate(FOUR_ONES, 1):
        yield {"catalogue": "four_ones", "label": label, "note": note, "source": LOCAL, "order": order}
    for order, (label, levels, due, note) in enumerate(TITLES, 1):
        yield {
            "catalogue": "title", "label": label, "levels": levels, "due": due, "note": note, "source": S0, "order": order,
        }  # fmt: skip
    for order, (label, note, is_extra) in enumerate(SEVEN_ONES, 1):
        yield {
            "catalogue": "seven_ones", "label": label, "note": note, "is_extra": is_extra, "source": S2, "order": order,
        }  # fmt: skip


def fill(apps, schema_editor):
    Entry = apps.get_model("branches", "CatalogueEntry")
    Entry.objects.bulk_create(Entry(from_year=YEAR, **row) for row in rows())


class Migration(migrations.Migration):
    dependencies = [("branches", "0006_quality")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
