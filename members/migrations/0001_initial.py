import django.contrib.postgres.constraints
import django.contrib.postgres.operations
import django.db.models.deletion
import members.models.person
import uuid
import vault.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0001_initial'),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('row_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=50, verbose_name='姓名')),
                ('initials', models.CharField(blank=True, editable=False, max_length=50, verbose_name='拼音首字母')),
                ('former_name', models.CharField(blank=True, max_length=50, verbose_name='曾用名')),
                ('sex', models.CharField(blank=True, choices=[('1', '男'), ('2', '女')], max_length=1, verbose_name='性别')),
                ('ethnicity', models.CharField(blank=True, max_length=20, verbose_name='民族')),
                ('birth_on', models.DateField(blank=True, null=True, verbose_name='出生日期')),
                ('id_number', vault.fields.SealedTextField(blank=True, editable=False, index='id_number_index', verbose_name='公民身份号码')),
                ('id_number_index', models.CharField(blank=True, editable=False, max_length=64)),
                ('education', models.CharField(blank=True, max_length=20, verbose_name='学历')),
                ('title', models.CharField(blank=True, max_length=40, verbose_name='职称')),
                ('backbone', models.CharField(blank=True, max_length=40, verbose_name='骨干类别')),
                ('phone', vault.fields.SealedTextField(blank=True, editable=False, verbose_name='手机')),
                ('joined_on', models.DateField(blank=True, null=True, verbose_name='入党日期')),
                ('converted_on', models.DateField(blank=True, null=True, verbose_name='转正日期')),
                ('status', models.CharField(choices=[('normal', '正常'), ('suspended', '停止党籍')], default='normal', max_length=12, verbose_name='党籍状态')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='备注')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='member', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
            ],
            options={
                'verbose_name': '党员',
                'verbose_name_plural': '党员',
                'constraints': [models.UniqueConstraint(models.F('id_number_index'), condition=models.Q(('id_number_index', ''), _negated=True), name='member_one_per_id_number', violation_error_message='这个身份证号已在系统中登记，请联系上级党组织核实。'), models.CheckConstraint(condition=models.Q(('converted_on__isnull', True), ('joined_on__isnull', True), ('converted_on__gte', models.F('joined_on')), _connector='OR'), name='member_converted_after_joining', violation_error_message='转正日期不能早于入党日期。')],
                'indexes': [models.Index(fields=['name'], name='members_mem_name_8eb2d0_idx'), models.Index(fields=['initials'], name='members_mem_initial_d6e2d7_idx')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('full', '正式党员'), ('probationary', '预备党员')], max_length=14, verbose_name='人员类别')),
                ('started_on', models.DateField(verbose_name='起')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='止')),
                ('start_estimated', models.BooleanField(default=False, verbose_name='起始日期为推定')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='branches.branch', verbose_name='所在党组织')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='members.member', verbose_name='党员')),
            ],
            options={
                'verbose_name': '党员所在支部',
                'verbose_name_plural': '党员所在支部',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.F('member'), '='), (members.models.person.DateRange('started_on', 'ended_on'), '&&')], name='membership_one_at_a_time', violation_error_message='这位同志同一时间只能在一个支部。'), models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='membership_ends_after_start', violation_error_message='止日不能早于起日。')],
                'indexes': [models.Index(fields=['branch', 'started_on'], name='members_mem_branch__84c474_idx')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('office', models.CharField(choices=[('secretary', '书记'), ('deputy', '副书记'), ('organisation', '组织委员'), ('publicity', '宣传委员'), ('discipline', '纪检委员'), ('youth', '青年委员'), ('committee', '委员'), ('group_leader', '党小组长')], max_length=14, verbose_name='党内职务')),
                ('started_on', models.DateField(verbose_name='任职日期')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='免职日期')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='members.member', verbose_name='党员')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='branches.term', verbose_name='届次')),
            ],
            options={
                'verbose_name': '党内职务',
                'verbose_name_plural': '党内职务',
                'constraints': [models.UniqueConstraint(models.F('term'), models.F('member'), models.F('office'), condition=models.Q(('ended_on__isnull', True)), name='post_once', violation_error_message='这位同志本届已任这一职务。')],
            },
        ),
    ]
