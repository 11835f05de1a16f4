import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0003_notice'),
        ('files', '0001_initial'),
        ('meetings', '0001_initial'),
        ('members', '0002_exemption_leadingcadre'),
    ]

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('kind', models.CharField(max_length=24, verbose_name='种类')),
                ('held_on', models.DateField(verbose_name='日期')),
                ('assessment_year', models.PositiveSmallIntegerField(verbose_name='考核年度')),
                ('title', models.CharField(blank=True, max_length=120, verbose_name='事项')),
                ('number', models.CharField(blank=True, max_length=60, verbose_name='编号')),
                ('count', models.PositiveIntegerField(blank=True, null=True, verbose_name='数量')),
                ('hours', models.DecimalField(blank=True, decimal_places=1, max_digits=5, null=True, verbose_name='时长（小时）')),
                ('answers', models.JSONField(blank=True, default=dict, verbose_name='其他填写内容')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('about', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch', verbose_name='对象党组织')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='branches.branch', verbose_name='党组织')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('people', models.ManyToManyField(blank=True, related_name='+', to='members.member', verbose_name='参加的同志')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='撤销人')),
            ],
            options={
                'verbose_name': '工作纪实',
                'verbose_name_plural': '工作纪实',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='activity_withdrawn_by_somebody')],
                'indexes': [models.Index(fields=['branch', 'kind', 'held_on'], name='meetings_ac_branch__f0235d_idx'), models.Index(fields=['assessment_year', 'kind'], name='meetings_ac_assessm_c1724b_idx')],
            },
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('kind', models.CharField(choices=[('org_life_meeting', '组织生活会'), ('democratic_life_meeting', '民主生活会')], default='org_life_meeting', max_length=24, verbose_name='会议')),
                ('assessment_year', models.PositiveSmallIntegerField(verbose_name='考核年度')),
                ('title', models.CharField(max_length=120, verbose_name='名称')),
                ('plan', models.TextField(blank=True, verbose_name='实施方案')),
                ('opens_on', models.DateField(verbose_name='开始')),
                ('ends_on', models.DateField(verbose_name='结束')),
                ('state', models.CharField(choices=[('draft', '筹备'), ('open', '进行中'), ('closed', '已结束')], default='draft', max_length=8, verbose_name='状态')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='拟定时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='branches.branch', verbose_name='组织单位')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='拟定人')),
                ('plan_file', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaign', to='files.storedfile', verbose_name='实施方案文件')),
            ],
            options={
                'verbose_name': '生活会安排',
                'verbose_name_plural': '生活会安排',
                'constraints': [models.UniqueConstraint(models.F('branch'), models.F('kind'), models.F('assessment_year'), name='campaign_once', violation_error_message='这一年度的安排已经有了。'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('opens_on'))), name='campaign_ends_after_it_opens', violation_error_message='结束日期不能早于开始日期。')],
            },
        ),
        migrations.CreateModel(
            name='CampaignStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='次序')),
                ('label', models.CharField(max_length=60, verbose_name='步骤')),
                ('due_on', models.DateField(verbose_name='完成日期')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='meetings.campaign', verbose_name='安排')),
            ],
            options={
                'verbose_name': '步骤',
                'verbose_name_plural': '步骤',
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(models.F('campaign'), models.F('position'), name='campaign_step_one_per_position')],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('problem', models.CharField(max_length=200, verbose_name='问题')),
                ('measure', models.CharField(max_length=200, verbose_name='整改措施')),
                ('owner', models.CharField(max_length=50, verbose_name='责任人')),
                ('due_on', models.DateField(verbose_name='整改期限')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='branches.branch', verbose_name='党组织')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='meetings.campaign', verbose_name='安排')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
            ],
            options={
                'verbose_name': '查摆问题',
                'verbose_name_plural': '查摆问题',
            },
        ),
        migrations.CreateModel(
            name='Flag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('similar', '记录与另一份相近'), ('photo', '照片用过'), ('burst', '一晚集中录入'), ('full', '党员较多而全部到会')], max_length=8, verbose_name='疑问')),
                ('share', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='相近程度（%）')),
                ('found_at', models.DateTimeField(auto_now_add=True, verbose_name='发现时间')),
                ('answer', models.CharField(blank=True, max_length=200, verbose_name='核实情况')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='核实时间')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='meetings.meeting', verbose_name='会议')),
                ('other', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='meetings.meeting', verbose_name='相关记录')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='核实人')),
            ],
            options={
                'verbose_name': '审核疑问',
                'verbose_name_plural': '审核疑问',
                'constraints': [models.UniqueConstraint(models.F('meeting'), models.F('kind'), models.F('other'), name='flag_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('settled_by__isnull', True)), models.Q(('settled_at__isnull', False), ('settled_by__isnull', False)), _connector='OR'), name='flag_settled_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='Guidance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(max_length=40, verbose_name='指导组')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch', verbose_name='受指导党组织')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guidance', to='meetings.campaign', verbose_name='安排')),
                ('guide', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='成员')),
            ],
            options={
                'verbose_name': '指导分工',
                'verbose_name_plural': '指导分工',
                'constraints': [models.UniqueConstraint(models.F('campaign'), models.F('branch'), models.F('guide'), name='guidance_once', violation_error_message='这位同志已经指导这个支部。')],
            },
        ),
        migrations.CreateModel(
            name='MeetingFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('minutes', '记录本照片'), ('photo', '现场照片'), ('other', '附件')], default='other', max_length=8, verbose_name='用途')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='撤下时间')),
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='meeting_file', to='files.storedfile', verbose_name='文件')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='meetings.meeting', verbose_name='会议')),
            ],
            options={
                'verbose_name': '会议附件',
                'verbose_name_plural': '会议附件',
            },
        ),
        migrations.CreateModel(
            name='StepDone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('done_on', models.DateField(verbose_name='完成日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch', verbose_name='党组织')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='done', to='meetings.campaignstep', verbose_name='步骤')),
            ],
            options={
                'verbose_name': '步骤完成',
                'verbose_name_plural': '步骤完成',
                'constraints': [models.UniqueConstraint(models.F('step'), models.F('branch'), name='step_done_once')],
            },
        ),
        migrations.CreateModel(
            name='StudyPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('kind', models.CharField(choices=[('first', '学习计划'), ('second', '学法方案')], max_length=8, verbose_name='种类')),
                ('title', models.CharField(max_length=120, verbose_name='名称')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='制定时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='study_plans', to='branches.branch', verbose_name='制定的党组织')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='制定人')),
            ],
            options={
                'verbose_name': '学习计划',
                'verbose_name_plural': '学习计划',
                'constraints': [models.UniqueConstraint(models.F('branch'), models.F('year'), models.F('kind'), name='study_plan_once', violation_error_message='这一年的计划已经有了，请在原计划上修改。')],
            },
        ),
        migrations.CreateModel(
            name='StudyItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='次序')),
                ('month', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='月份')),
                ('title', models.CharField(max_length=200, verbose_name='学习内容')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='meetings.studyplan', verbose_name='计划')),
            ],
            options={
                'verbose_name': '学习内容',
                'verbose_name_plural': '学习内容',
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(models.F('plan'), models.F('position'), name='study_item_one_per_position'), models.CheckConstraint(condition=models.Q(('month__isnull', True), ('month__range', (1, 12)), _connector='OR'), name='study_item_in_a_month', violation_error_message='月份应为 1 至 12。')],
            },
        ),
        migrations.CreateModel(
            name='AgendaItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='次序')),
                ('kind', models.CharField(choices=[('first', '第一议题'), ('second', '第二议题（学法）'), ('study', '学习'), ('discuss', '讨论研究'), ('decide', '表决'), ('report', '通报'), ('other', '其他')], default='other', max_length=8, verbose_name='议题类别')),
                ('title', models.CharField(max_length=200, verbose_name='议题')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agenda', to='meetings.meeting')),
                ('study_item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agenda_items', to='meetings.studyitem', verbose_name='对应计划内容')),
            ],
            options={
                'verbose_name': '议题',
                'verbose_name_plural': '议题',
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(models.F('meeting'), models.F('position'), name='agenda_item_one_per_position')],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='次序')),
                ('rule', models.CharField(choices=[('ordinary', '一般事项（支部党员大会）'), ('committee', '支委会表决'), ('cadre', '党组织会议讨论干部人事'), ('recruitment', '发展党员'), ('election', '选举')], default='ordinary', max_length=12, verbose_name='表决类别')),
                ('title', models.CharField(max_length=200, verbose_name='表决事项')),
                ('entitled', models.PositiveIntegerField(verbose_name='应到会有表决权')),
                ('present', models.PositiveIntegerField(verbose_name='实到会有表决权')),
                ('written', models.PositiveIntegerField(default=0, verbose_name='会前书面意见')),
                ('in_favour', models.PositiveIntegerField(default=0, verbose_name='赞成')),
                ('against', models.PositiveIntegerField(default=0, verbose_name='反对')),
                ('abstained', models.PositiveIntegerField(default=0, verbose_name='弃权')),
                ('ballots_out', models.PositiveIntegerField(blank=True, null=True, verbose_name='发出选票')),
                ('ballots_back', models.PositiveIntegerField(blank=True, null=True, verbose_name='收回选票')),
                ('seats', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='应选名额')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='votes', to='meetings.meeting')),
            ],
            options={
                'verbose_name': '表决',
                'verbose_name_plural': '表决',
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(models.F('meeting'), models.F('position'), name='vote_one_per_position'), models.CheckConstraint(condition=models.Q(('present__lte', models.F('entitled'))), name='vote_present_within_entitled', violation_error_message='实到会有表决权的人数不能多于应到会的人数。'), models.CheckConstraint(condition=models.Q(('written__lte', django.db.models.expressions.CombinedExpression(models.F('entitled'), '-', models.F('present')))), name='vote_written_of_those_away', violation_error_message='书面意见只能来自没有到会的有表决权党员，请核对份数。'), models.CheckConstraint(condition=models.Q(('rule', 'election'), ('present__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('in_favour'), '+', models.F('against')), '+', models.F('abstained')), '-', models.F('written'))), _connector='OR'), name='vote_sums_within_present', violation_error_message='赞成、反对、弃权合计多于参加表决的人数，请核对票数。'), models.CheckConstraint(condition=models.Q(('ballots_back__isnull', True), models.Q(('ballots_back__lte', models.F('ballots_out')), ('ballots_out__isnull', False), ('ballots_out__lte', models.F('present'))), _connector='OR'), name='vote_ballots_back_within_out', violation_error_message='收回的选票不能多于发出的，发出的不能多于实到会有选举权的人数。')],
            },
        ),
        migrations.CreateModel(
            name='Candidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='次序')),
                ('name', models.CharField(max_length=50, verbose_name='姓名')),
                ('votes', models.PositiveIntegerField(default=0, verbose_name='得票')),
                ('vote', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='candidates', to='meetings.vote')),
            ],
            options={
                'verbose_name': '候选人',
                'verbose_name_plural': '候选人',
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(models.F('vote'), models.F('position'), name='candidate_one_per_position')],
            },
        ),
        migrations.AddField(
            model_name='meeting',
            name='agenda_notice',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='meetings', to='branches.notice', verbose_name='统一议题'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='basic_forms',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None, verbose_name='基本形式'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='excused_count',
            field=models.PositiveIntegerField(default=0, verbose_name='免于考勤'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='is_from_paper',
            field=models.BooleanField(default=False, verbose_name='补录自纸质'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='lecturer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='党课主讲人'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='lecturer_name',
            field=models.CharField(blank=True, max_length=50, verbose_name='外请主讲人'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='masses_count',
            field=models.PositiveIntegerField(default=0, verbose_name='邀请群众代表（人）'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='remote_opinions',
            field=models.TextField(blank=True, verbose_name='外出党员的意见'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='resolutions',
            field=models.TextField(blank=True, verbose_name='决议'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='reviewed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='审核时间'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='reviewed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='审核人'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='trace',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, editable=False, size=None),
        ),
        migrations.AlterField(
            model_name='attendance',
            name='mark',
            field=models.CharField(choices=[('present', '到会'), ('leave', '请假'), ('absent', '缺席'), ('excused', '免于考勤')], max_length=8, verbose_name='到会情况'),
        ),
        migrations.AlterField(
            model_name='meetingkind',
            name='kind',
            field=models.CharField(choices=[('theme_party_day', '主题党日'), ('members_meeting', '支部党员大会'), ('committee_meeting', '支委会'), ('group_meeting', '党小组会'), ('party_lecture', '党课'), ('org_life_meeting', '组织生活会'), ('democratic_life_meeting', '民主生活会'), ('theory_study', '理论学习中心组学习'), ('special_party_study', '专题研究党建'), ('ideology_study', '意识形态专题研究')], max_length=24, verbose_name='类别'),
        ),
        migrations.AddIndex(
            model_name='meeting',
            index=django.contrib.postgres.indexes.GinIndex(fields=['trace'], name='meeting_trace'),
        ),
    ]
