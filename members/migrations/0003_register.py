import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import members.models.person
import office.values
import rulebook.codes
import vault.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0004_placement_succession'),
        ('files', '0002_images_have_a_size'),
        ('members', '0002_exemption_leadingcadre'),
    ]

    operations = [
        migrations.CreateModel(
            name='Appraisal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('year', models.PositiveSmallIntegerField(verbose_name='考核年度')),
                ('held_on', models.DateField(verbose_name='评议日期')),
                ('ballots_issued', models.PositiveSmallIntegerField(default=0, verbose_name='发出测评票')),
                ('ballots_returned', models.PositiveSmallIntegerField(default=0, verbose_name='收回测评票')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('submitted', '待上级审定'), ('returned', '已退回'), ('approved', '已审定')], default='draft', max_length=10, verbose_name='状态')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='上报时间')),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='审定时间')),
                ('return_reason', models.CharField(blank=True, max_length=200, verbose_name='退回原因')),
            ],
            options={
                'verbose_name': '民主评议党员',
                'verbose_name_plural': '民主评议党员',
            },
        ),
        migrations.CreateModel(
            name='AppraisalRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('full', '正式党员'), ('probationary', '预备党员')], max_length=14, verbose_name='人员类别')),
                ('is_present', models.BooleanField(default=True, verbose_name='参加')),
                ('absent_reason', models.CharField(blank=True, max_length=60, verbose_name='缺席原因')),
                ('excellent', models.PositiveSmallIntegerField(default=0, verbose_name='优秀票')),
                ('qualified', models.PositiveSmallIntegerField(default=0, verbose_name='合格票')),
                ('basic', models.PositiveSmallIntegerField(default=0, verbose_name='基本合格票')),
                ('unqualified', models.PositiveSmallIntegerField(default=0, verbose_name='不合格票')),
                ('proposed', models.CharField(blank=True, choices=[('excellent', '优秀'), ('qualified', '合格'), ('basic', '基本合格'), ('unqualified', '不合格')], max_length=12, verbose_name='支部拟定等次')),
                ('final', models.CharField(blank=True, choices=[('excellent', '优秀'), ('qualified', '合格'), ('basic', '基本合格'), ('unqualified', '不合格')], max_length=12, verbose_name='审定等次')),
                ('told_on', models.DateField(blank=True, null=True, verbose_name='告知本人日期')),
            ],
            options={
                'verbose_name': '民主评议党员结果',
                'verbose_name_plural': '民主评议党员结果',
            },
        ),
        migrations.CreateModel(
            name='Backbone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_on', models.DateField(verbose_name='起')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='止')),
                ('name', models.CharField(help_text='如 市级学科带头人', max_length=40, verbose_name='骨干类别')),
                ('level', models.CharField(blank=True, choices=[('nation', '国家级'), ('province', '省级'), ('city', '市级'), ('county', '县级'), ('school', '校级')], max_length=10, verbose_name='层级')),
                ('kind', models.CharField(choices=[('teaching', '教学骨干'), ('management', '管理骨干'), ('leader', '学科带头人'), ('master', '名师、名校长、名班主任')], default='teaching', max_length=10, verbose_name='类别')),
                ('basis', models.CharField(blank=True, max_length=80, verbose_name='依据文号')),
                ('start_estimated', models.BooleanField(default=False, verbose_name='起始日期为推定')),
            ],
            options={
                'verbose_name': '骨干层级',
                'verbose_name_plural': '骨干层级',
            },
        ),
        migrations.CreateModel(
            name='CommunityLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('community', models.CharField(max_length=60, verbose_name='社区（村）')),
                ('started_on', models.DateField(verbose_name='报到日期')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='结束日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '双报到',
                'verbose_name_plural': '双报到',
            },
        ),
        migrations.CreateModel(
            name='CommunityReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('to', models.CharField(choices=[('community', '向社区报告'), ('superior', '向上级党组织报告')], max_length=10, verbose_name='报告对象')),
                ('reported_on', models.DateField(verbose_name='报告日期')),
                ('result', models.CharField(blank=True, choices=[('good', '好'), ('fair', '较好'), ('plain', '一般')], max_length=8, verbose_name='社区评价')),
                ('summary', models.CharField(blank=True, max_length=500, verbose_name='报告摘要')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '双报到报告',
                'verbose_name_plural': '双报到报告',
            },
        ),
        migrations.CreateModel(
            name='CommunityService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('community', models.CharField(max_length=60, verbose_name='社区（村）')),
                ('held_on', models.DateField(verbose_name='服务日期')),
                ('topic', models.CharField(max_length=120, verbose_name='服务内容')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '社区服务',
                'verbose_name_plural': '社区服务',
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=40, verbose_name='要更正的内容')),
                ('said', models.CharField(max_length=200, verbose_name='应为')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                ('state', models.CharField(choices=[('open', '待办'), ('done', '已更正'), ('refused', '不予更正')], default='open', max_length=8, verbose_name='状态')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='申请时间')),
                ('answer', models.CharField(blank=True, max_length=200, verbose_name='答复')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='答复时间')),
            ],
            options={
                'verbose_name': '更正申请',
                'verbose_name_plural': '更正申请',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='DuesBase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('kind', models.CharField(choices=[('wage', '按月工资收入'), ('pension', '离退休费'), ('fixed', '定额')], default='wage', max_length=8, verbose_name='计算方法')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=10, validators=[django.core.validators.MinValueValidator(0, '金额不能小于 0。')], verbose_name='基数（元/月）')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '党费基数',
                'verbose_name_plural': '党费基数',
            },
        ),
        migrations.CreateModel(
            name='DuesConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('agreed_on', models.DateField(verbose_name='支部同意日期')),
                ('basis', models.CharField(blank=True, help_text='如 支部党员大会决定', max_length=100, verbose_name='依据')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '党费按季交纳',
                'verbose_name_plural': '党费按季交纳',
            },
        ),
        migrations.CreateModel(
            name='DuesHandover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('quarter', models.PositiveSmallIntegerField(choices=[(1, '第1季度'), (2, '第2季度'), (3, '第3季度'), (4, '第4季度')], verbose_name='季度')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=10, validators=[django.core.validators.MinValueValidator(0, '金额不能小于 0。')], verbose_name='上缴（元）')),
                ('handed_on', models.DateField(verbose_name='上缴日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('receipt', models.CharField(blank=True, max_length=40, verbose_name='收据编号')),
                ('received_at', models.DateTimeField(blank=True, null=True, verbose_name='收讫时间')),
            ],
            options={
                'verbose_name': '党费上缴',
                'verbose_name_plural': '党费上缴',
            },
        ),
        migrations.CreateModel(
            name='DuesPayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='存每月 1 日', verbose_name='所属月份')),
                ('payable', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True, validators=[django.core.validators.MinValueValidator(0, '金额不能小于 0。')], verbose_name='应交（元）')),
                ('paid', models.DecimalField(decimal_places=2, max_digits=10, validators=[django.core.validators.MinValueValidator(0, '金额不能小于 0。')], verbose_name='实交（元）')),
                ('paid_on', models.DateField(verbose_name='交纳日期')),
                ('method', models.CharField(choices=[('self', '本人交纳'), ('through', '委托他人代交'), ('online', '网上交纳')], default='self', max_length=8, verbose_name='方式')),
                ('note', models.CharField(blank=True, max_length=100, verbose_name='备注')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '党费交纳',
                'verbose_name_plural': '党费交纳',
            },
        ),
        migrations.CreateModel(
            name='DuesWaiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_month', models.DateField(verbose_name='起始月份')),
                ('to_month', models.DateField(verbose_name='截止月份')),
                ('amount', models.DecimalField(decimal_places=2, default=0, help_text='免交填 0', max_digits=10, validators=[django.core.validators.MinValueValidator(0, '金额不能小于 0。')], verbose_name='每月交纳（元）')),
                ('reason', models.CharField(max_length=100, verbose_name='原因')),
                ('state', models.CharField(choices=[('asked', '待批准'), ('approved', '已批准'), ('refused', '未批准')], default='asked', max_length=8, verbose_name='状态')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='申报时间')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='审批时间')),
            ],
            options={
                'verbose_name': '党费减免',
                'verbose_name_plural': '党费减免',
            },
        ),
        migrations.CreateModel(
            name='Election',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('kind', models.CharField(choices=[('general', '换届选举'), ('by', '补选')], default='general', max_length=8, verbose_name='种类')),
                ('planned_on', models.DateField(blank=True, null=True, verbose_name='计划选举日期')),
                ('seats', models.PositiveSmallIntegerField(default=0, help_text='不设支部委员会的填 0，只选书记', verbose_name='应选委员数')),
                ('held_on', models.DateField(blank=True, null=True, verbose_name='选举日期')),
                ('due_count', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='应到有选举权人数')),
                ('attended_count', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='实到有选举权人数')),
                ('ballots_issued', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='发出选票')),
                ('ballots_returned', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='收回选票')),
                ('ballots_valid', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='有效选票')),
                ('state', models.CharField(choices=[('open', '办理中'), ('done', '已完成'), ('cancelled', '已终止')], default='open', max_length=10, verbose_name='状态')),
                ('refusal', models.CharField(blank=True, max_length=200, verbose_name='终止原因')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '换届选举',
                'verbose_name_plural': '换届选举',
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ElectionStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(choices=[('notice', '换届提醒'), ('resolution', '支委会（支部）研究决定换届'), ('request', '换届请示'), ('reply', '同意换届的批复'), ('candidates', '候选人酝酿、推荐'), ('candidate_request', '候选人预备人选请示'), ('candidate_reply', '候选人预备人选批复'), ('congress', '党员大会选举'), ('first_committee', '第一次支委会选举书记'), ('result_report', '选举结果报告和请示'), ('result_reply', '选举结果批复、备案')], max_length=20, verbose_name='步骤')),
                ('done_on', models.DateField(verbose_name='日期')),
                ('number', models.CharField(blank=True, max_length=100, verbose_name='文号或说明')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '换届档案',
                'verbose_name_plural': '换届档案',
            },
        ),
        migrations.CreateModel(
            name='GroupMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_on', models.DateField(verbose_name='起')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='止')),
            ],
            options={
                'verbose_name': '党员所在党小组',
                'verbose_name_plural': '党员所在党小组',
            },
        ),
        migrations.CreateModel(
            name='Honour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=100, verbose_name='称号')),
                ('level', models.CharField(choices=[('nation', '国家级'), ('province', '省级'), ('city', '市级'), ('county', '县级'), ('school', '校级')], max_length=10, verbose_name='级别')),
                ('matter', models.CharField(blank=True, help_text='同一事项获不同级别表彰的，填写相同的事项', max_length=100, verbose_name='事项')),
                ('conferred_on', models.DateField(verbose_name='表彰日期')),
                ('issuer', models.CharField(max_length=100, verbose_name='表彰单位')),
                ('number', models.CharField(blank=True, max_length=60, verbose_name='文号')),
                ('revoked_on', models.DateField(blank=True, null=True, verbose_name='撤销日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '荣誉',
                'verbose_name_plural': '荣誉',
                'ordering': ['-conferred_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='HonourRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('title', models.CharField(help_text='如 先锋共产党员、红旗党支部、党员榜样', max_length=60, verbose_name='称号')),
                ('subject', models.CharField(choices=[('member', '党员'), ('branch', '党组织')], max_length=8, verbose_name='表彰对象')),
                ('level', models.CharField(choices=[('nation', '国家级'), ('province', '省级'), ('city', '市级'), ('county', '县级'), ('school', '校级')], default='county', max_length=10, verbose_name='级别')),
                ('places', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='名额')),
                ('per_branch', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='每个支部最多推荐')),
                ('opens_on', models.DateField(verbose_name='推荐开始')),
                ('closes_on', models.DateField(verbose_name='推荐截止')),
                ('public_from', models.DateField(blank=True, null=True, verbose_name='公示开始')),
                ('public_until', models.DateField(blank=True, null=True, verbose_name='公示结束')),
                ('number', models.CharField(blank=True, max_length=60, verbose_name='表彰文号')),
                ('conferred_on', models.DateField(blank=True, null=True, verbose_name='表彰日期')),
                ('state', models.CharField(choices=[('draft', '筹备'), ('open', '推荐中'), ('review', '审核中'), ('public', '公示中'), ('conferred', '已表彰'), ('closed', '已终止')], default='draft', max_length=10, verbose_name='状态')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='起草时间')),
            ],
            options={
                'verbose_name': '评先评优',
                'verbose_name_plural': '评先评优',
                'ordering': ['-year', '-opens_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='MassPoll',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('held_on', models.DateField(verbose_name='测评日期')),
                ('issued', models.PositiveIntegerField(verbose_name='发出')),
                ('returned', models.PositiveIntegerField(verbose_name='收回')),
                ('satisfied', models.PositiveIntegerField(verbose_name='满意')),
                ('fairly', models.PositiveIntegerField(verbose_name='基本满意')),
                ('dissatisfied', models.PositiveIntegerField(verbose_name='不满意')),
                ('unsure', models.PositiveIntegerField(default=0, verbose_name='不了解')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '群众测评',
                'verbose_name_plural': '群众测评',
            },
        ),
        migrations.CreateModel(
            name='Nomination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('citation', models.TextField(max_length=2000, verbose_name='主要事迹')),
                ('state', models.CharField(choices=[('nominated', '已推荐'), ('passed', '审核通过'), ('declined', '未通过'), ('conferred', '已表彰')], default='nominated', max_length=10, verbose_name='状态')),
                ('opinion', models.CharField(blank=True, max_length=200, verbose_name='审核意见')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='推荐时间')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='审核时间')),
            ],
            options={
                'verbose_name': '推荐人选',
                'verbose_name_plural': '推荐人选',
            },
        ),
        migrations.CreateModel(
            name='Nominee',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('office', models.CharField(choices=[('secretary', '书记'), ('deputy', '副书记'), ('organisation', '组织委员'), ('publicity', '宣传委员'), ('discipline', '纪检委员'), ('youth', '青年委员'), ('committee', '委员'), ('group_leader', '党小组长')], max_length=14, verbose_name='拟任职务')),
                ('votes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='赞成票')),
                ('is_elected', models.BooleanField(default=False, verbose_name='当选')),
            ],
            options={
                'verbose_name': '选举候选人',
                'verbose_name_plural': '选举候选人',
            },
        ),
        migrations.CreateModel(
            name='Pledge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('text', models.CharField(max_length=60, verbose_name='承诺')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '党员承诺',
                'verbose_name_plural': '党员承诺',
            },
        ),
        migrations.CreateModel(
            name='Sanction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('warning', '警告'), ('serious', '严重警告'), ('removal', '撤销党内职务'), ('probation', '留党察看'), ('expulsion', '开除党籍')], max_length=10, verbose_name='处分种类')),
                ('started_on', models.DateField(verbose_name='决定日期')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='影响期（察看期）满')),
                ('number', models.CharField(max_length=80, verbose_name='决定文号')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '党纪处分',
                'verbose_name_plural': '党纪处分',
            },
        ),
        migrations.CreateModel(
            name='ServiceHand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hours', models.DecimalField(decimal_places=1, default=1, max_digits=4, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(24, '一次服务不超过 24 小时。')], verbose_name='时长（小时）')),
            ],
            options={
                'verbose_name': '参加服务的党员',
                'verbose_name_plural': '参加服务的党员',
            },
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_on', models.DateField(verbose_name='起')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='止')),
                ('kind', models.CharField(choices=[('suspended', '停止党籍')], default='suspended', max_length=12, verbose_name='党籍状态')),
                ('reason', models.CharField(blank=True, max_length=100, verbose_name='原因')),
                ('basis', models.CharField(blank=True, max_length=80, verbose_name='依据文号')),
                ('start_estimated', models.BooleanField(default=False, verbose_name='起始日期为推定')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '党籍状态',
                'verbose_name_plural': '党籍状态',
            },
        ),
        migrations.CreateModel(
            name='TermExtension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.DateField(verbose_name='原届满日期')),
                ('until', models.DateField(verbose_name='延至')),
                ('number', models.CharField(max_length=80, verbose_name='批准文号')),
                ('approved_on', models.DateField(verbose_name='批准日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '延期换届',
                'verbose_name_plural': '延期换届',
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('direction', models.CharField(choices=[('inside', '县内转接'), ('out', '转出县外'), ('in', '县外转入')], max_length=8, verbose_name='转接类型')),
                ('kind', models.CharField(choices=[('full', '正式党员'), ('probationary', '预备党员')], max_length=14, verbose_name='人员类别')),
                ('from_place', models.CharField(blank=True, help_text='与介绍信一致的全称', max_length=100, verbose_name='县外转出党组织')),
                ('to_place', models.CharField(blank=True, help_text='与介绍信抬头一致的全称', max_length=100, verbose_name='县外转入党组织')),
                ('reason', models.CharField(help_text='如 工作调动、退休、毕业', max_length=100, verbose_name='转接原因')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('agreed', '转出支部已同意，待上级审核'), ('issued', '在途'), ('received', '转入支部已接收，待上级确认'), ('done', '已完成'), ('returned', '已退回'), ('withdrawn', '已撤销')], default='draft', max_length=10, verbose_name='状态')),
                ('number', models.CharField(blank=True, max_length=40, verbose_name='介绍信编号')),
                ('issued_on', models.DateField(blank=True, null=True, verbose_name='开出日期')),
                ('valid_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='有效期（天）')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='有效期至')),
                ('dues_paid_through', models.DateField(blank=True, help_text='月份，存每月 1 日', null=True, verbose_name='党费交至')),
                ('received_on', models.DateField(blank=True, null=True, verbose_name='接收日期')),
                ('receipt_on', models.DateField(blank=True, null=True, verbose_name='回执日期')),
                ('refusal', models.CharField(blank=True, max_length=200, verbose_name='退回或撤销的原因')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='提出时间')),
            ],
            options={
                'verbose_name': '组织关系转接',
                'verbose_name_plural': '组织关系转接',
            },
        ),
        migrations.CreateModel(
            name='TransferList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=100, verbose_name='名单名称')),
                ('number', models.CharField(blank=True, max_length=80, verbose_name='依据文号')),
                ('moves_on', models.DateField(verbose_name='调动日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '批量转接名单',
                'verbose_name_plural': '批量转接名单',
            },
        ),
        migrations.CreateModel(
            name='TransferStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('agreed', '转出支部已同意，待上级审核'), ('issued', '在途'), ('received', '转入支部已接收，待上级确认'), ('done', '已完成'), ('returned', '已退回'), ('withdrawn', '已撤销')], max_length=10, verbose_name='到达状态')),
                ('taken_on', models.DateField(verbose_name='日期')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='办理时间')),
            ],
            options={
                'verbose_name': '转接步骤',
                'verbose_name_plural': '转接步骤',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Whereabouts',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_on', models.DateField(verbose_name='起')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='止')),
                ('kind', models.CharField(choices=[('lost', '失联'), ('away', '流动'), ('abroad', '出国（境）')], max_length=8, verbose_name='情形')),
                ('lost_reason', models.CharField(blank=True, choices=rulebook.codes.lost_reason, max_length=1, verbose_name='失联情形')),
                ('destination', models.CharField(blank=True, help_text='外出地点，或出国的国家、地区', max_length=100, verbose_name='去向')),
                ('contacted_on', models.DateField(blank=True, null=True, verbose_name='最近一次联系')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '流动和失联',
                'verbose_name_plural': '流动和失联',
            },
        ),
        migrations.AddField(
            model_name='member',
            name='address',
            field=vault.fields.SealedTextField(blank=True, editable=False, verbose_name='家庭住址'),
        ),
        migrations.AddField(
            model_name='member',
            name='degree',
            field=models.CharField(blank=True, choices=rulebook.codes.degree, max_length=1, verbose_name='学位'),
        ),
        migrations.AddField(
            model_name='member',
            name='graduated_from',
            field=models.CharField(blank=True, max_length=100, verbose_name='毕业院校及专业'),
        ),
        migrations.AddField(
            model_name='member',
            name='initials_given',
            field=models.CharField(blank=True, help_text='名字有多音字、系统认错时填写，如 sxm', max_length=50, validators=[django.core.validators.RegexValidator('^[a-z]*$', '只用小写字母，如 sxm。')], verbose_name='拼音首字母（多音字）'),
        ),
        migrations.AddField(
            model_name='member',
            name='introducers',
            field=models.CharField(blank=True, max_length=60, verbose_name='入党介绍人'),
        ),
        migrations.AddField(
            model_name='member',
            name='native_place',
            field=models.CharField(blank=True, max_length=60, verbose_name='籍贯'),
        ),
        migrations.AddField(
            model_name='member',
            name='party_school',
            field=models.CharField(blank=True, choices=[('central', '中央党校'), ('provincial', '省级党校')], max_length=10, verbose_name='党校学历'),
        ),
        migrations.AddField(
            model_name='member',
            name='photo',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='照片'),
        ),
        migrations.AddField(
            model_name='member',
            name='position',
            field=models.CharField(blank=True, help_text='行政或业务职务，如 副校长、教研组长', max_length=60, verbose_name='职务'),
        ),
        migrations.AddField(
            model_name='member',
            name='retired_on',
            field=models.DateField(blank=True, null=True, verbose_name='退休日期'),
        ),
        migrations.AddField(
            model_name='member',
            name='staffing',
            field=models.CharField(blank=True, choices=[('public', '事业编制'), ('civil', '行政编制'), ('contract', '聘用制（无编制）'), ('private', '民办学校聘用'), ('retired', '离退休')], max_length=10, verbose_name='编制'),
        ),
        migrations.AddField(
            model_name='member',
            name='strokes',
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name='姓氏笔画序'),
        ),
        migrations.AddField(
            model_name='member',
            name='subject',
            field=models.CharField(blank=True, max_length=40, verbose_name='任教学科'),
        ),
        migrations.AddField(
            model_name='member',
            name='teaching_stage',
            field=models.CharField(blank=True, choices=[('kindergarten', '幼儿园'), ('primary', '小学'), ('junior', '初中'), ('nine_year', '九年一贯'), ('senior', '高中'), ('complete', '完全中学'), ('vocational', '职业'), ('special', '特殊教育'), ('office', '机关'), ('other', '其他')], max_length=20, verbose_name='任教学段'),
        ),
        migrations.AddField(
            model_name='member',
            name='work',
            field=models.CharField(blank=True, choices=rulebook.codes.work, max_length=2, verbose_name='工作岗位'),
        ),
        migrations.AddField(
            model_name='member',
            name='work_began',
            field=models.CharField(blank=True, help_text='到年、月或日，如 1998-07', max_length=10, validators=[django.core.validators.RegexValidator('^(19|20)\\d\\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?$', '请写成 1998-07 的样子。')], verbose_name='参加工作时间'),
        ),
        migrations.AddField(
            model_name='membership',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('converted', '转为正式党员'), ('transferred', '组织关系转出'), ('adjusted', '支部调整'), ('died', '死亡'), ('resigned', '退党'), ('struck', '党内除名'), ('expelled', '开除党籍'), ('cancelled', '取消预备党员资格')], max_length=12, verbose_name='结束原因'),
        ),
        migrations.AlterField(
            model_name='member',
            name='id_number',
            field=vault.fields.SealedTextField(blank=True, editable=False, index='id_number_index', normalise=office.values.parse_id_number, verbose_name='公民身份号码'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['strokes'], name='members_mem_strokes_7ef3a5_idx'),
        ),
        migrations.AddField(
            model_name='appraisal',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='审定人'),
        ),
        migrations.AddField(
            model_name='appraisal',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appraisals', to='branches.branch', verbose_name='党支部'),
        ),
        migrations.AddField(
            model_name='appraisal',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='appraisal',
            name='submitted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='上报人'),
        ),
        migrations.AddField(
            model_name='appraisalrow',
            name='appraisal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='members.appraisal', verbose_name='民主评议'),
        ),
        migrations.AddField(
            model_name='appraisalrow',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appraisals', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='backbone',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='backbones', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='communitylink',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='community_links', to='branches.branch', verbose_name='党支部'),
        ),
        migrations.AddField(
            model_name='communitylink',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='communitylink',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='community_links', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='communityreport',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='community_reports', to='branches.branch', verbose_name='党支部'),
        ),
        migrations.AddField(
            model_name='communityreport',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='communityreport',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='community_reports', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='communityservice',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='community_services', to='branches.branch', verbose_name='党支部'),
        ),
        migrations.AddField(
            model_name='communityservice',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='correction',
            name='answered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='答复人'),
        ),
        migrations.AddField(
            model_name='correction',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申请人'),
        ),
        migrations.AddField(
            model_name='correction',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='duesbase',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='duesbase',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dues_bases', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='duesconsent',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dues_consents', to='branches.branch', verbose_name='党支部'),
        ),
        migrations.AddField(
            model_name='duesconsent',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='dueshandover',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dues_handovers', to='branches.branch', verbose_name='党支部'),
        ),
        migrations.AddField(
            model_name='dueshandover',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='dueshandover',
            name='received_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='收讫人'),
        ),
        migrations.AddField(
            model_name='duespayment',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dues', to='branches.branch', verbose_name='收缴支部'),
        ),
        migrations.AddField(
            model_name='duespayment',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='duespayment',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dues', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='dueswaiver',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申报人'),
        ),
        migrations.AddField(
            model_name='dueswaiver',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='审批人'),
        ),
        migrations.AddField(
            model_name='dueswaiver',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dues_waivers', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='election',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='elections', to='branches.branch', verbose_name='党组织'),
        ),
        migrations.AddField(
            model_name='election',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='election',
            name='term',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='election', to='branches.term', verbose_name='产生的届次'),
        ),
        migrations.AddField(
            model_name='electionstep',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='electionstep',
            name='election',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='members.election', verbose_name='选举'),
        ),
        migrations.AddField(
            model_name='groupmembership',
            name='group',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='branches.group', verbose_name='党小组'),
        ),
        migrations.AddField(
            model_name='groupmembership',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='honour',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='honours', to='branches.branch', verbose_name='党组织'),
        ),
        migrations.AddField(
            model_name='honour',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='honour',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='honours', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='honourround',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='honour_rounds', to='branches.branch', verbose_name='主办党组织'),
        ),
        migrations.AddField(
            model_name='honourround',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='起草人'),
        ),
        migrations.AddField(
            model_name='masspoll',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mass_polls', to='branches.branch', verbose_name='党支部'),
        ),
        migrations.AddField(
            model_name='masspoll',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to='branches.branch', verbose_name='推荐党组织'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='推荐人'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='审核人'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to='members.member', verbose_name='推荐人选'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='round',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to='members.honourround', verbose_name='评选'),
        ),
        migrations.AddField(
            model_name='honour',
            name='nomination',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='honour', to='members.nomination', verbose_name='推荐'),
        ),
        migrations.AddField(
            model_name='nominee',
            name='election',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nominees', to='members.election', verbose_name='选举'),
        ),
        migrations.AddField(
            model_name='nominee',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidacies', to='members.member', verbose_name='候选人'),
        ),
        migrations.AddField(
            model_name='pledge',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='pledge',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='sanction',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='sanction',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sanctions', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='servicehand',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='servicehand',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hands', to='members.communityservice', verbose_name='社区服务'),
        ),
        migrations.AddField(
            model_name='standing',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='standing',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='termextension',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='termextension',
            name='term',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='branches.term', verbose_name='届次'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='经办人'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='from_branch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transfers_out', to='branches.branch', verbose_name='转出支部'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='members.member', verbose_name='党员'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='to_branch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transfers_in', to='branches.branch', verbose_name='转入支部'),
        ),
        migrations.AddField(
            model_name='transferlist',
            name='branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfer_lists', to='branches.branch', verbose_name='经办党组织'),
        ),
        migrations.AddField(
            model_name='transferlist',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='on_list',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='members.transferlist', verbose_name='批量名单'),
        ),
        migrations.AddField(
            model_name='transferstep',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='办理人'),
        ),
        migrations.AddField(
            model_name='transferstep',
            name='transfer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='members.transfer', verbose_name='转接'),
        ),
        migrations.AddField(
            model_name='whereabouts',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddField(
            model_name='whereabouts',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='whereabouts', to='members.member', verbose_name='党员'),
        ),
        migrations.AddConstraint(
            model_name='appraisal',
            constraint=models.UniqueConstraint(models.F('branch'), models.F('year'), name='appraisal_once_a_year', violation_error_message='这一年度的民主评议已经登记。'),
        ),
        migrations.AddConstraint(
            model_name='appraisal',
            constraint=models.CheckConstraint(condition=models.Q(('ballots_returned__lte', models.F('ballots_issued'))), name='appraisal_ballots_returned', violation_error_message='收回的票不能多于发出的票。'),
        ),
        migrations.AddConstraint(
            model_name='appraisal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'returned'), _negated=True), models.Q(('return_reason', ''), _negated=True), _connector='OR'), name='appraisal_returned_says_why', violation_error_message='请写明退回原因。'),
        ),
        migrations.AddConstraint(
            model_name='appraisal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)), _connector='OR'), name='appraisal_approved_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='appraisalrow',
            constraint=models.UniqueConstraint(models.F('appraisal'), models.F('member'), name='appraisalrow_once'),
        ),
        migrations.AddConstraint(
            model_name='appraisalrow',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'full'), models.Q(('final', ''), ('proposed', '')), _connector='OR'), name='appraisalrow_probation_has_no_grade', violation_error_message='预备党员参加评议，不定等次。'),
        ),
        migrations.AddConstraint(
            model_name='backbone',
            constraint=models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='backbone_ends_after_start', violation_error_message='止日不能早于起日。'),
        ),
        migrations.AddConstraint(
            model_name='backbone',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.F('member'), '='), (models.F('kind'), '='), (members.models.person.DateRange('started_on', 'ended_on'), '&&')], name='backbone_one_at_a_time', violation_error_message='这位同志在这段时间已登记过同类骨干。'),
        ),
        migrations.AddConstraint(
            model_name='communitylink',
            constraint=models.UniqueConstraint(models.F('branch'), models.F('member'), models.F('community'), condition=models.Q(('ended_on', None)), name='communitylink_once', nulls_distinct=False, violation_error_message='已向这个社区报到。'),
        ),
        migrations.AddConstraint(
            model_name='communitylink',
            constraint=models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='communitylink_ends_after_start', violation_error_message='结束日期不能早于报到日期。'),
        ),
        migrations.AddConstraint(
            model_name='communityreport',
            constraint=models.UniqueConstraint(models.F('branch'), models.F('member'), models.F('year'), models.F('to'), name='communityreport_once', nulls_distinct=False, violation_error_message='这一年度的报告已经登记。'),
        ),
        migrations.AddIndex(
            model_name='communityservice',
            index=models.Index(fields=['branch', 'held_on'], name='members_com_branch__70881c_idx'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('answered_by', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='correction_answered_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('answer', ''), _negated=True), _connector='OR'), name='correction_refused_says_why', violation_error_message='不予更正的要写明原因。'),
        ),
        migrations.AddConstraint(
            model_name='duesbase',
            constraint=models.UniqueConstraint(models.F('member'), models.F('year'), name='duesbase_one_per_year', violation_error_message='这一年的基数已经登记。'),
        ),
        migrations.AddConstraint(
            model_name='duesbase',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='duesbase_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='duesconsent',
            constraint=models.UniqueConstraint(models.F('branch'), models.F('year'), name='duesconsent_once', violation_error_message='这一年已经登记按季交纳。'),
        ),
        migrations.AddConstraint(
            model_name='dueshandover',
            constraint=models.UniqueConstraint(models.F('branch'), models.F('year'), models.F('quarter'), name='dueshandover_once', violation_error_message='这一季度已经登记上缴。'),
        ),
        migrations.AddConstraint(
            model_name='dueshandover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('received_at', None), ('received_by', None)), models.Q(('received_at__isnull', False), ('received_by__isnull', False)), _connector='OR'), name='dueshandover_received_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='duespayment',
            index=models.Index(fields=['branch', 'month'], name='members_due_branch__72c1f8_idx'),
        ),
        migrations.AddConstraint(
            model_name='duespayment',
            constraint=models.UniqueConstraint(models.F('member'), models.F('month'), name='dues_once_a_month', violation_error_message='这位同志当月的党费已经登记。'),
        ),
        migrations.AddConstraint(
            model_name='duespayment',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='dues_month_is_its_first_day'),
        ),
        migrations.AddConstraint(
            model_name='duespayment',
            constraint=models.CheckConstraint(condition=models.Q(('paid__gte', 0)), name='dues_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='dueswaiver',
            constraint=models.CheckConstraint(condition=models.Q(('from_month__day', 1), ('to_month__day', 1), ('to_month__gte', models.F('from_month'))), name='dueswaiver_of_whole_months', violation_error_message='截止月份不能早于起始月份。'),
        ),
        migrations.AddConstraint(
            model_name='dueswaiver',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='dueswaiver_decided_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='election',
            constraint=models.UniqueConstraint(models.F('branch'), condition=models.Q(('state', 'open')), name='election_one_open', violation_error_message='这个党组织已有一件没有办结的选举。'),
        ),
        migrations.AddConstraint(
            model_name='election',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('held_on__isnull', False), _connector='OR'), name='election_done_has_a_day', violation_error_message='请填写选举日期。'),
        ),
        migrations.AddConstraint(
            model_name='election',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'cancelled'), _negated=True), models.Q(('refusal', ''), _negated=True), _connector='OR'), name='election_cancelled_says_why', violation_error_message='请写明终止原因。'),
        ),
        migrations.AddConstraint(
            model_name='electionstep',
            constraint=models.UniqueConstraint(models.F('election'), models.F('key'), name='electionstep_once', violation_error_message='这一步已经登记。'),
        ),
        migrations.AddConstraint(
            model_name='groupmembership',
            constraint=models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='groupmembership_ends_after_start', violation_error_message='止日不能早于起日。'),
        ),
        migrations.AddConstraint(
            model_name='groupmembership',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.F('member'), '='), (members.models.person.DateRange('started_on', 'ended_on'), '&&')], name='groupmembership_one_at_a_time', violation_error_message='这位同志同一时间只能在一个党小组。'),
        ),
        migrations.AddConstraint(
            model_name='honourround',
            constraint=models.UniqueConstraint(models.F('branch'), models.F('year'), models.F('title'), name='honourround_once', violation_error_message='这一年度已有同名的评选。'),
        ),
        migrations.AddConstraint(
            model_name='honourround',
            constraint=models.CheckConstraint(condition=models.Q(('closes_on__gte', models.F('opens_on'))), name='honourround_closes_after_opening', violation_error_message='推荐截止不能早于推荐开始。'),
        ),
        migrations.AddConstraint(
            model_name='honourround',
            constraint=models.CheckConstraint(condition=models.Q(('public_until', None), ('public_until__gte', models.F('public_from')), _connector='OR'), name='honourround_public_in_order', violation_error_message='公示结束不能早于公示开始。'),
        ),
        migrations.AddConstraint(
            model_name='honourround',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'conferred'), _negated=True), models.Q(('conferred_on__isnull', False), models.Q(('number', ''), _negated=True)), _connector='OR'), name='honourround_conferred_by_paper', violation_error_message='表彰要有文号和日期。'),
        ),
        migrations.AddConstraint(
            model_name='masspoll',
            constraint=models.UniqueConstraint(models.F('branch'), models.F('year'), name='masspoll_once_a_year', violation_error_message='这一年度的群众测评已经登记。'),
        ),
        migrations.AddConstraint(
            model_name='masspoll',
            constraint=models.CheckConstraint(condition=models.Q(('returned__lte', models.F('issued'))), name='masspoll_returned', violation_error_message='收回的票不能多于发出的票。'),
        ),
        migrations.AddConstraint(
            model_name='masspoll',
            constraint=models.CheckConstraint(condition=models.Q(('returned__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('satisfied'), '+', models.F('fairly')), '+', models.F('dissatisfied')), '+', models.F('unsure')))), name='masspoll_adds_up', violation_error_message='各项合计不能多于收回的票（其余为无效票）。'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.UniqueConstraint(models.F('round'), models.F('branch'), models.F('member'), name='nomination_once', nulls_distinct=False, violation_error_message='已经推荐过。'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'declined'), _negated=True), models.Q(('opinion', ''), _negated=True), _connector='OR'), name='nomination_declined_says_why', violation_error_message='未通过的要写明意见。'),
        ),
        migrations.AddIndex(
            model_name='honour',
            index=models.Index(fields=['branch', 'conferred_on'], name='members_hon_branch__31ae92_idx'),
        ),
        migrations.AddConstraint(
            model_name='nominee',
            constraint=models.UniqueConstraint(models.F('election'), models.F('member'), name='nominee_once', violation_error_message='这位同志已在候选人名单里。'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.UniqueConstraint(models.F('member'), models.F('year'), name='pledge_once_a_year', violation_error_message='这一年度的承诺已经登记。'),
        ),
        migrations.AddConstraint(
            model_name='sanction',
            constraint=models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='sanction_ends_after_start', violation_error_message='期满日期不能早于决定日期。'),
        ),
        migrations.AddConstraint(
            model_name='servicehand',
            constraint=models.UniqueConstraint(models.F('service'), models.F('member'), name='servicehand_once'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='standing_ends_after_start', violation_error_message='止日不能早于起日。'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.F('member'), '='), (members.models.person.DateRange('started_on', 'ended_on'), '&&')], name='standing_one_at_a_time', violation_error_message='这段时间已经登记过停止党籍。'),
        ),
        migrations.AddConstraint(
            model_name='termextension',
            constraint=models.UniqueConstraint(models.F('term'), name='termextension_once', violation_error_message='本届已经批准过延期。'),
        ),
        migrations.AddConstraint(
            model_name='termextension',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('before'))), name='termextension_later', violation_error_message='延至的日期应晚于原届满日期。'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['state', 'valid_until'], name='members_tra_state_069a4b_idx'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.UniqueConstraint(models.F('member'), condition=models.Q(('state__in', ['draft', 'agreed', 'issued', 'received'])), name='transfer_one_open', violation_error_message='这位同志已有一件没有办结的转接，办结或撤销以后才能再办。'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.UniqueConstraint(models.F('number'), condition=models.Q(models.Q(('number', ''), _negated=True), models.Q(('direction', 'in'), _negated=True)), name='transfer_one_per_number', violation_error_message='这个介绍信编号已经用过。'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('direction', 'inside'), ('from_branch__isnull', False), ('to_branch__isnull', False)), models.Q(('direction', 'out'), ('from_branch__isnull', False), ('to_branch', None), models.Q(('to_place', ''), _negated=True)), models.Q(('direction', 'in'), ('from_branch', None), ('to_branch__isnull', False), models.Q(('from_place', ''), _negated=True)), _connector='OR'), name='transfer_has_two_sides', violation_error_message='转出和转入党组织都要填写。'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('from_branch', None), ('to_branch', None), models.Q(('from_branch', models.F('to_branch')), _negated=True), _connector='OR'), name='transfer_moves', violation_error_message='转出和转入是同一个支部。'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['issued', 'received']), _negated=True), models.Q(('issued_on__isnull', False), ('valid_until__isnull', False)), _connector='OR'), name='transfer_in_transit_has_a_letter'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['returned', 'withdrawn']), _negated=True), models.Q(('refusal', ''), _negated=True), _connector='OR'), name='transfer_refused_says_why', violation_error_message='请写明退回或撤销的原因。'),
        ),
        migrations.AddConstraint(
            model_name='whereabouts',
            constraint=models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='whereabouts_ends_after_start', violation_error_message='止日不能早于起日。'),
        ),
        migrations.AddConstraint(
            model_name='whereabouts',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.F('member'), '='), (members.models.person.DateRange('started_on', 'ended_on'), '&&')], name='whereabouts_one_at_a_time', violation_error_message='这段时间已经登记过流动、失联或出国。'),
        ),
        migrations.AddConstraint(
            model_name='whereabouts',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'lost'), _negated=True), models.Q(('lost_reason', ''), _negated=True), _connector='OR'), name='whereabouts_lost_has_a_reason', violation_error_message='失联的要选失联情形。'),
        ),
        migrations.AddConstraint(
            model_name='whereabouts',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'lost'), models.Q(('destination', ''), _negated=True), _connector='OR'), name='whereabouts_away_has_a_destination', violation_error_message='流动和出国的要填去向。'),
        ),
    ]
