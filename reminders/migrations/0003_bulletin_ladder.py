import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0003_notice'),
        ('reminders', '0002_trial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bulletin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('kind', models.CharField(choices=[('month', '月度通报'), ('quarter', '季度通报')], max_length=8, verbose_name='种类')),
                ('opens_on', models.DateField(verbose_name='期初')),
                ('ends_on', models.DateField(verbose_name='期末')),
                ('counted_on', models.DateField(verbose_name='数字截至')),
                ('figures', models.JSONField(verbose_name='数字')),
                ('number', models.CharField(blank=True, max_length=60, verbose_name='文号')),
                ('title', models.CharField(max_length=120, verbose_name='标题')),
                ('opening', models.TextField(verbose_name='总体情况')),
                ('praise', models.TextField(blank=True, verbose_name='表扬')),
                ('criticism', models.TextField(blank=True, verbose_name='批评')),
                ('demands', models.TextField(blank=True, verbose_name='下一步要求')),
                ('state', models.CharField(choices=[('draft', '起草中'), ('signed', '已签发'), ('published', '已发出')], default='draft', max_length=10, verbose_name='状态')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='起草时间')),
                ('edited_at', models.DateTimeField(verbose_name='修改时间')),
                ('signed_at', models.DateTimeField(blank=True, null=True, verbose_name='签发时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bulletins', to='branches.branch', verbose_name='发文机关')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='起草人')),
                ('edited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='修改人')),
                ('notice', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bulletin', to='branches.notice', verbose_name='发出的通知')),
                ('signed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='签发人')),
            ],
            options={
                'verbose_name': '通报',
                'verbose_name_plural': '通报',
                'ordering': ['-opens_on', '-pk'],
                'constraints': [models.UniqueConstraint(models.F('branch'), models.F('kind'), models.F('opens_on'), name='bulletin_once', violation_error_message='这一期的通报已经起草，请在原稿上修改。'), models.CheckConstraint(condition=models.Q(('opens_on__lt', models.F('ends_on'))), name='bulletin_days_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('signed_by__isnull', True), ('state', 'draft')), models.Q(models.Q(('state', 'draft'), _negated=True), ('signed_at__isnull', False), ('signed_by__isnull', False)), _connector='OR'), name='bulletin_signed_by_somebody'), models.CheckConstraint(condition=models.Q(('signed_by__isnull', True), models.Q(models.Q(('signed_by', models.F('created_by')), _negated=True), models.Q(('signed_by', models.F('edited_by')), _negated=True)), _connector='OR'), name='bulletin_not_signed_by_the_writer', violation_error_message='起草或修改过通报的同志不能签发，请由另一位同志签发。'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), ('notice__isnull', False)), models.Q(models.Q(('state', 'published'), _negated=True), ('notice__isnull', True)), _connector='OR'), name='bulletin_published_as_a_notice')],
            },
        ),
        migrations.CreateModel(
            name='LadderStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('level', models.CharField(choices=[('reminder', '提醒'), ('bulletin', '通报'), ('talk', '约谈'), ('accountability', '问责建议')], max_length=16, verbose_name='环节')),
                ('subject', models.CharField(max_length=40, verbose_name='事项')),
                ('basis', models.TextField(verbose_name='依据')),
                ('duties', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None, verbose_name='所涉应办事项')),
                ('on', models.DateField(verbose_name='日期')),
                ('parties', models.CharField(blank=True, max_length=100, verbose_name='谈话人和谈话对象')),
                ('handed_to', models.CharField(blank=True, max_length=100, verbose_name='移交给')),
                ('handed_on', models.DateField(blank=True, null=True, verbose_name='移交日期')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='登记时间')),
                ('answer', models.TextField(blank=True, verbose_name='党组织的说明')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='说明时间')),
                ('outcome', models.CharField(blank=True, max_length=200, verbose_name='结果')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='了结时间')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='说明人')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ladder_steps', to='branches.branch', verbose_name='党组织')),
                ('bulletin', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ladder_steps', to='reminders.bulletin', verbose_name='通报')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='了结人')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='办理人')),
            ],
            options={
                'verbose_name': '提醒、通报、约谈和问责建议',
                'verbose_name_plural': '提醒、通报、约谈和问责建议',
                'ordering': ['-on', '-pk'],
                'constraints': [models.UniqueConstraint(models.F('branch'), models.F('subject'), models.F('level'), condition=models.Q(('closed_at__isnull', True)), name='ladder_one_open_step', violation_error_message='这件事项的这一环节正在办理，了结以前不能再办一次。'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='ladder_answered_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True), ('outcome', '')), models.Q(models.Q(('outcome', ''), _negated=True), ('closed_at__isnull', False), ('closed_by__isnull', False)), _connector='OR'), name='ladder_closed_with_an_outcome', violation_error_message='了结时要写明结果。'), models.CheckConstraint(condition=models.Q(models.Q(('level', 'talk'), models.Q(('parties', ''), _negated=True)), models.Q(models.Q(('level', 'talk'), _negated=True), ('parties', '')), _connector='OR'), name='ladder_talk_names_its_parties', violation_error_message='约谈要写明谈话人和谈话对象。'), models.CheckConstraint(condition=models.Q(models.Q(('handed_on__isnull', True), ('handed_to', '')), models.Q(models.Q(('handed_to', ''), _negated=True), ('handed_on__gte', models.F('on')), ('handed_on__isnull', False), ('level', 'accountability')), _connector='OR'), name='ladder_only_a_proposal_is_handed_over', violation_error_message='只有问责建议可以移交，移交日期不能早于提出的日期。')],
                'indexes': [models.Index(fields=['branch', 'subject'], name='reminders_l_branch__3c2583_idx')],
            },
        ),
    ]
