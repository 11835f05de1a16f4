import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0001_initial'),
        ('members', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Meeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('held_on', models.DateField(verbose_name='召开日期')),
                ('place', models.CharField(blank=True, max_length=100, verbose_name='地点')),
                ('topic', models.CharField(max_length=200, verbose_name='主题')),
                ('host', models.CharField(blank=True, max_length=50, verbose_name='主持人')),
                ('due_count', models.PositiveIntegerField(verbose_name='应到')),
                ('attended_count', models.PositiveIntegerField(verbose_name='实到')),
                ('minutes', models.TextField(blank=True, verbose_name='记录')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('submitted', '已提交'), ('accepted', '已通过'), ('returned', '退回修改')], default='draft', max_length=10, verbose_name='状态')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='备注')),
                ('return_reason', models.CharField(blank=True, max_length=200, verbose_name='退回原因')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='提交时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='meetings', to='branches.branch', verbose_name='党支部')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
            ],
            options={
                'verbose_name': '组织生活记录',
                'verbose_name_plural': '组织生活记录',
                'constraints': [models.CheckConstraint(condition=models.Q(('attended_count__lte', models.F('due_count'))), name='meeting_attended_within_due', violation_error_message='实到人数不能多于应到人数。'), models.CheckConstraint(condition=models.Q(('state', 'draft'), ('submitted_at__isnull', False), _connector='OR'), name='meeting_submitted_has_a_time')],
                'indexes': [models.Index(fields=['branch', 'held_on'], name='meetings_me_branch__5eb55d_idx')],
            },
        ),
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.CharField(choices=[('present', '到会'), ('leave', '请假'), ('absent', '缺席')], max_length=8, verbose_name='到会情况')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='党员')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roll', to='meetings.meeting')),
            ],
            options={
                'verbose_name': '到会',
                'verbose_name_plural': '到会',
                'constraints': [models.UniqueConstraint(models.F('meeting'), models.F('member'), name='attendance_once')],
            },
        ),
        migrations.CreateModel(
            name='MeetingKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('theme_party_day', '主题党日'), ('members_meeting', '支部党员大会'), ('committee_meeting', '支委会'), ('group_meeting', '党小组会'), ('party_lecture', '党课'), ('org_life_meeting', '组织生活会')], max_length=20, verbose_name='类别')),
                ('assessment_year', models.PositiveSmallIntegerField(verbose_name='考核年度')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kinds', to='meetings.meeting')),
            ],
            options={
                'verbose_name': '会议类别',
                'verbose_name_plural': '会议类别',
                'constraints': [models.UniqueConstraint(models.F('meeting'), models.F('kind'), name='meeting_kind_once')],
                'indexes': [models.Index(fields=['assessment_year', 'kind'], name='meetings_me_assessm_7c7467_idx')],
            },
        ),
    ]
