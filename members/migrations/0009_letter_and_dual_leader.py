import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0006_quality'),
        ('files', '0002_images_have_a_size'),
        ('members', '0008_membership_end_basis'),
    ]

    operations = [
        migrations.CreateModel(
            name='ResponsibilityLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('kind', models.CharField(choices=[('goal', '党建工作目标责任书'), ('member', '学校党员目标管理责任书'), ('integrity', '党风廉政建设责任书')], max_length=10, verbose_name='种类')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('signer', models.CharField(help_text='党组织的由书记签，党员的由本人签', max_length=50, verbose_name='签字人')),
                ('counter_signer', models.CharField(help_text='上级党组织或支部的负责人', max_length=50, verbose_name='对方签字人')),
                ('signed_on', models.DateField(verbose_name='签订日期')),
                ('number', models.CharField(blank=True, max_length=80, verbose_name='依据文号')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='responsibility_letters', to='branches.branch', verbose_name='党组织')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('file', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letter', to='files.storedfile', verbose_name='扫描件')),
                ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responsibility_letters', to='members.member', verbose_name='签订人')),
            ],
            options={
                'verbose_name': '责任书',
                'verbose_name_plural': '责任书',
                'ordering': ['-year', 'kind', 'branch', 'pk'],
                'constraints': [models.UniqueConstraint(models.F('kind'), models.F('year'), models.F('branch'), condition=models.Q(('member', None)), name='responsibilityletter_one_per_branch', violation_error_message='这个党组织本年度的这种责任书已经登记。'), models.UniqueConstraint(models.F('kind'), models.F('year'), models.F('member'), condition=models.Q(('member__isnull', False)), name='responsibilityletter_one_per_member', violation_error_message='这位同志本年度的这种责任书已经登记。'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'goal'), ('member', None)), models.Q(('kind__in', ['member', 'integrity']), ('member__isnull', False)), _connector='OR'), name='responsibilityletter_of_branch_or_member', violation_error_message='目标责任书由党组织签，另两种由党员本人签。')],
            },
        ),
        migrations.AddField(
            model_name='post',
            name='dual_basis',
            field=models.CharField(blank=True, help_text='如 学科带头人文件的文号', max_length=80, verbose_name='双带头人的依据'),
        ),
        migrations.AddField(
            model_name='post',
            name='is_dual_leader',
            field=models.BooleanField(default=False, help_text='书记同时是教学、学术带头人', verbose_name='双带头人'),
        ),
        migrations.AddConstraint(
            model_name='post',
            constraint=models.CheckConstraint(condition=models.Q(('is_dual_leader', False), models.Q(('office', 'secretary'), models.Q(('dual_basis', ''), _negated=True)), _connector='OR'), name='post_dual_leader_by_paper', violation_error_message='“双带头人”只在书记任职上登记，并写明依据。'),
        ),
    ]
