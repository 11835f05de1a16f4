import django.contrib.postgres.constraints
import django.db.models.deletion
import members.models.person
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0013_weak_case_by_its_work'),
        ('files', '0002_images_have_a_size'),
        ('meetings', '0003_collective_decision'),
        ('members', '0009_letter_and_dual_leader'),
        ('training', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('row_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('applied_on', models.DateField(help_text='申请书上写的日期', verbose_name='申请日期')),
                ('stage', models.CharField(choices=[('applicant', '入党申请人'), ('activist', '入党积极分子'), ('prospect', '发展对象'), ('admission', '接收预备党员'), ('probation', '预备党员')], default='applicant', max_length=10, verbose_name='阶段')),
                ('step', models.CharField(default='apply', editable=False, max_length=24, verbose_name='已办到')),
                ('stage_since_on', models.DateField(verbose_name='进入本阶段')),
                ('extended_months', models.PositiveSmallIntegerField(default=0, verbose_name='预备期延长（月）')),
                ('form_number', models.CharField(blank=True, max_length=40, verbose_name='入党志愿书编号')),
                ('is_imported', models.BooleanField(default=False, verbose_name='中途接续')),
                ('outcome', models.CharField(blank=True, choices=[('admitted', '按期转正'), ('withdrawn', '本人撤回申请'), ('ended', '不再培养'), ('refused', '不予接收'), ('cancelled', '取消预备党员资格'), ('left', '转出本县'), ('died', '去世')], max_length=10, verbose_name='结果')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='办结日期')),
                ('end_reason', models.CharField(blank=True, max_length=200, verbose_name='终止原因')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='branches.branch', verbose_name='党支部')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='members.member', verbose_name='申请人')),
            ],
            options={
                'verbose_name': '发展党员档案',
                'verbose_name_plural': '发展党员档案',
                'constraints': [models.UniqueConstraint(models.F('member'), condition=models.Q(('outcome', '')), name='application_one_open_per_person', violation_error_message='这位同志已有一份没有办结的发展党员档案。'), models.UniqueConstraint(models.F('form_number'), condition=models.Q(('form_number', ''), _negated=True), name='application_form_number_once', violation_error_message='这个入党志愿书编号已经用过，请核对。'), models.CheckConstraint(condition=models.Q(('extended_months', 0), models.Q(('extended_months__gte', 6), ('extended_months__lte', 12)), _connector='OR'), name='application_extended_once_half_a_year_to_one', violation_error_message='预备期只能延长一次，不少于六个月、不超过一年。'), models.CheckConstraint(condition=models.Q(models.Q(('ended_on', None), ('outcome', '')), models.Q(models.Q(('outcome', ''), _negated=True), ('ended_on__isnull', False)), _connector='OR'), name='application_ends_on_a_day'), models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'admitted']), models.Q(('end_reason', ''), _negated=True), _connector='OR'), name='application_ended_with_reason', violation_error_message='请写明终止的原因。')],
                'indexes': [models.Index(condition=models.Q(('outcome', '')), fields=['branch', 'stage'], name='application_open')],
            },
        ),
        migrations.CreateModel(
            name='ApplicationStay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_on', models.DateField(verbose_name='起')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='止')),
                ('number', models.CharField(blank=True, max_length=80, verbose_name='转接依据')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stays', to='recruitment.application', verbose_name='档案')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch', verbose_name='党支部')),
            ],
            options={
                'verbose_name': '培养所在支部',
                'verbose_name_plural': '培养所在支部',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.F('application'), '='), (members.models.person.DateRange('started_on', 'ended_on'), '&&')], name='applicationstay_one_at_a_time', violation_error_message='同一时间只能在一个支部培养。'), models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='applicationstay_ends_after_start', violation_error_message='止日不能早于起日。')],
            },
        ),
        migrations.CreateModel(
            name='DepartmentReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('department', models.CharField(max_length=40, verbose_name='部门')),
                ('asked_on', models.DateField(verbose_name='发函日期')),
                ('due_on', models.DateField(verbose_name='回复期限')),
                ('replied_on', models.DateField(blank=True, null=True, verbose_name='回复日期')),
                ('conclusion', models.CharField(blank=True, choices=[('clear', '未发现问题'), ('doubt', '有问题，需核实'), ('unfit', '不宜发展')], max_length=8, verbose_name='结论')),
                ('number', models.CharField(blank=True, max_length=80, verbose_name='文号')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='recruitment.application', verbose_name='档案')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
            ],
            options={
                'verbose_name': '政审联审回复',
                'verbose_name_plural': '政审联审回复',
                'constraints': [models.UniqueConstraint(models.F('application'), models.F('department'), models.F('asked_on'), name='departmentreply_once', violation_error_message='这一天已经向这个部门发过函。'), models.CheckConstraint(condition=models.Q(models.Q(('conclusion', ''), ('replied_on', None)), models.Q(('replied_on__gte', models.F('asked_on')), models.Q(('conclusion', ''), _negated=True)), _connector='OR'), name='departmentreply_replied_with_conclusion', violation_error_message='回复须有日期和结论，日期不早于发函。')],
            },
        ),
        migrations.CreateModel(
            name='Guide',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('mentor', '培养联系人'), ('sponsor', '入党介绍人')], max_length=8, verbose_name='身份')),
                ('started_on', models.DateField(verbose_name='起')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='止')),
                ('words', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guides', to='recruitment.application', verbose_name='档案')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guided', to='members.member', verbose_name='党员')),
            ],
            options={
                'verbose_name': '培养联系人和入党介绍人',
                'verbose_name_plural': '培养联系人和入党介绍人',
                'constraints': [models.UniqueConstraint(models.F('application'), models.F('member'), models.F('role'), condition=models.Q(('ended_on', None)), name='guide_once', violation_error_message='这位同志已经担任。'), models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='guide_ends_after_start', violation_error_message='止日不能早于起日。')],
            },
        ),
        migrations.CreateModel(
            name='Publicity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('matter', models.CharField(choices=[('confirm_prospect', '确定发展对象'), ('branch_vote', '接收预备党员'), ('conversion_vote', '预备党员转正')], max_length=24, verbose_name='公示事项')),
                ('started_on', models.DateField(verbose_name='公示开始')),
                ('ended_on', models.DateField(verbose_name='公示结束')),
                ('place', models.CharField(max_length=100, verbose_name='公示地点')),
                ('objections', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='收到反映（件）')),
                ('settled', models.CharField(blank=True, max_length=200, verbose_name='调查核实结论')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publicities', to='recruitment.application', verbose_name='档案')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
            ],
            options={
                'verbose_name': '发展党员公示',
                'verbose_name_plural': '发展党员公示',
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_on__gte', models.F('started_on'))), name='publicity_ends_after_start', violation_error_message='公示结束不能早于公示开始。'), models.CheckConstraint(condition=models.Q(('objections', None), ('objections', 0), models.Q(('settled', ''), _negated=True), _connector='OR'), name='publicity_objections_are_settled', violation_error_message='收到反映的，须写明调查核实的结论。')],
            },
        ),
        migrations.CreateModel(
            name='RecruitmentQuota',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('planned', models.PositiveSmallIntegerField(default=0, verbose_name='上报计划（人）')),
                ('places', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='下达名额（人）')),
                ('backbone_share', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='业务骨干占比要求（%）')),
                ('number', models.CharField(blank=True, max_length=80, verbose_name='依据文号')),
                ('issued_on', models.DateField(blank=True, null=True, verbose_name='下达日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recruitment_quotas', to='branches.branch', verbose_name='党委')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
            ],
            options={
                'verbose_name': '发展党员计划',
                'verbose_name_plural': '发展党员计划',
                'ordering': ['-year', 'branch'],
                'constraints': [models.UniqueConstraint(models.F('branch'), models.F('year'), name='recruitmentquota_once', violation_error_message='这个党委本年度的计划已经登记。'), models.CheckConstraint(condition=models.Q(models.Q(('issued_on', None), ('places', None)), models.Q(('issued_on__isnull', False), ('places__isnull', False)), _connector='OR'), name='recruitmentquota_issued_on_a_day', violation_error_message='下达名额须填下达日期。'), models.CheckConstraint(condition=models.Q(('backbone_share', None), ('backbone_share__lte', 100), _connector='OR'), name='recruitmentquota_share_is_percent', violation_error_message='占比应为 0 至 100。')],
            },
        ),
        migrations.CreateModel(
            name='RoadStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(max_length=24, verbose_name='步骤')),
                ('on', models.DateField(verbose_name='办理日期')),
                ('data', models.JSONField(blank=True, default=dict, verbose_name='内容')),
                ('words', models.TextField(blank=True, verbose_name='情况说明')),
                ('is_undone', models.BooleanField(default=False, help_text='这一行把这一步退回，由它而来的各步一并退回', verbose_name='退回')),
                ('is_imported', models.BooleanField(default=False, verbose_name='接续登记')),
                ('explained', models.CharField(blank=True, max_length=200, verbose_name='日期说明')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='recruitment.application', verbose_name='档案')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch', verbose_name='办理时所在支部')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('enrolment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='road_steps', to='training.enrolment', verbose_name='培训')),
                ('vote', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='road_steps', to='meetings.vote', verbose_name='表决')),
            ],
            options={
                'verbose_name': '发展党员步骤',
                'verbose_name_plural': '发展党员步骤',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('is_undone', False), models.Q(('words', ''), _negated=True), _connector='OR'), name='roadstep_undone_with_reason', violation_error_message='退回须写明原因。')],
                'indexes': [models.Index(fields=['application', 'step'], name='recruitment_applica_89541f_idx')],
            },
        ),
        migrations.CreateModel(
            name='StepFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(max_length=24, verbose_name='步骤')),
                ('document', models.CharField(max_length=24, verbose_name='材料')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='上传时间')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='撤下时间')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='recruitment.application', verbose_name='档案')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='上传人')),
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='road_file', to='files.storedfile', verbose_name='文件')),
            ],
            options={
                'verbose_name': '发展党员材料',
                'verbose_name_plural': '发展党员材料',
                'ordering': ['pk'],
            },
        ),
    ]
