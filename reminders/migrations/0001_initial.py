import django.db.models.deletion
import uuid
import vault.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('branches', '0003_notice'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sweep',
            fields=[
                ('on', models.DateField(primary_key=True, serialize=False, verbose_name='日期')),
                ('last_at', models.DateTimeField(verbose_name='最近一次')),
                ('found', models.PositiveIntegerField(default=0, verbose_name='查出')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='送达')),
            ],
            options={
                'verbose_name': '提醒程序运行',
                'verbose_name_plural': '提醒程序运行',
                'ordering': ['-on'],
            },
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('row_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('wecom', '企业微信群机器人'), ('dingtalk', '钉钉群机器人'), ('email', '电子邮件'), ('sms', '短信网关')], max_length=10, verbose_name='渠道')),
                ('address', vault.fields.SealedTextField(editable=False, verbose_name='地址')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('is_test', models.BooleanField(default=True, help_text='选上时只记入发送记录，不向外发出', verbose_name='只试不发')),
                ('has_key', models.BooleanField(default=False, help_text='对方按编号去重时才选：结果不明的会用同一编号再发一次', verbose_name='认得重复的编号')),
                ('daily_limit', models.PositiveIntegerField(default=500, verbose_name='每天最多发几条')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='channels', to='branches.branch', verbose_name='党组织')),
            ],
            options={
                'verbose_name': '提醒渠道',
                'verbose_name_plural': '提醒渠道',
                'ordering': ['branch__order', 'kind', 'pk'],
                'constraints': [models.UniqueConstraint(models.F('branch'), models.F('kind'), condition=models.Q(('is_active', True)), name='channel_one_open_per_kind', violation_error_message='这个党组织已经有一条启用的同类渠道，请先停用原来的。')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('email', '电子邮件'), ('sms', '短信网关')], max_length=10, verbose_name='渠道')),
                ('address', vault.fields.SealedTextField(editable=False, verbose_name='地址')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to=settings.AUTH_USER_MODEL, verbose_name='人员')),
            ],
            options={
                'verbose_name': '接收方式',
                'verbose_name_plural': '接收方式',
                'constraints': [models.UniqueConstraint(models.F('user'), models.F('kind'), name='contact_one_per_kind')],
            },
        ),
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(verbose_name='日期')),
                ('sent_at', models.DateTimeField(verbose_name='送达时间')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='阅读时间')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='digests', to=settings.AUTH_USER_MODEL, verbose_name='收件人')),
            ],
            options={
                'verbose_name': '提醒',
                'verbose_name_plural': '提醒',
                'constraints': [models.UniqueConstraint(models.F('user'), models.F('on'), name='digest_once_a_day')],
                'indexes': [models.Index(condition=models.Q(('read_at__isnull', True)), fields=['user'], name='digest_unread')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('wecom', '企业微信群机器人'), ('dingtalk', '钉钉群机器人'), ('email', '电子邮件'), ('sms', '短信网关')], max_length=10, verbose_name='渠道类别')),
                ('on', models.DateField(verbose_name='日期')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='编号')),
                ('state', models.CharField(choices=[('waiting', '待发'), ('sending', '正在发'), ('sent', '已发出'), ('failed', '没有发出'), ('unknown', '结果不明'), ('dropped', '不必发')], default='waiting', max_length=10, verbose_name='状态')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='发送次数')),
                ('next_at', models.DateTimeField(verbose_name='不早于')),
                ('claimed_at', models.DateTimeField(blank=True, null=True, verbose_name='开始发送')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='有结果')),
                ('note', models.CharField(blank=True, max_length=60, verbose_name='说明')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='reminders.channel', verbose_name='渠道')),
                ('digest', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='reminders.digest', verbose_name='提醒')),
            ],
            options={
                'verbose_name': '发送记录',
                'verbose_name_plural': '发送记录',
                'constraints': [models.UniqueConstraint(models.F('digest'), models.F('kind'), condition=models.Q(('digest__isnull', False)), name='delivery_once_per_digest'), models.UniqueConstraint(models.F('channel'), models.F('on'), condition=models.Q(('digest__isnull', True)), name='delivery_once_per_day'), models.CheckConstraint(condition=models.Q(('settled_at__isnull', True), ('claimed_at__isnull', True), ('settled_at__gte', models.F('claimed_at')), _connector='OR'), name='delivery_settled_after_claimed')],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['channel', 'next_at'], name='delivery_waiting'), models.Index(condition=models.Q(('state', 'sending')), fields=['claimed_at'], name='delivery_sending')],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=60, verbose_name='规则')),
                ('label', models.CharField(max_length=60, verbose_name='事由类型')),
                ('object_id', models.BigIntegerField(verbose_name='事由编号')),
                ('role', models.CharField(choices=[('admin', '工委管理员'), ('staff', '工委工作人员'), ('leader', '工委领导（联系点）'), ('committee', '党委（总支）书记'), ('secretary', '支部书记'), ('editor', '支委（录入）'), ('inspector', '督查（只读）'), ('discipline', '纪检（受限页）')], max_length=20, verbose_name='岗位')),
                ('on', models.DateField(verbose_name='提醒日期')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='截止')),
                ('found_at', models.DateTimeField(verbose_name='查出时间')),
                ('cleared_at', models.DateTimeField(blank=True, null=True, verbose_name='了结时间')),
                ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='branches.branch', verbose_name='所涉党组织')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch', verbose_name='提醒哪个党组织')),
            ],
            options={
                'verbose_name': '提醒事由',
                'verbose_name_plural': '提醒事由',
                'constraints': [models.UniqueConstraint(models.F('rule'), models.F('object_id'), models.F('on'), models.F('place'), models.F('role'), name='reminder_once')],
                'indexes': [models.Index(condition=models.Q(('cleared_at__isnull', True)), fields=['on'], name='reminder_open'), models.Index(condition=models.Q(('cleared_at__isnull', True)), fields=['place', 'role'], name='reminder_open_of_post')],
            },
        ),
        migrations.CreateModel(
            name='DigestLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='reminders.digest', verbose_name='提醒')),
                ('reminder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='reminders.reminder', verbose_name='事由')),
            ],
            options={
                'verbose_name': '提醒内容',
                'verbose_name_plural': '提醒内容',
                'constraints': [models.UniqueConstraint(models.F('digest'), models.F('reminder'), name='digest_line_once')],
            },
        ),
    ]
