from django.urls import path

from training.views import course, file, quota, teacher, timetable

app_name = "training"
urlpatterns = [
    path("", course.class_list, name="list"),
    path("add/", course.class_add, name="add"),
    path("<int:pk>/", course.class_detail, name="detail"),
    path("<int:pk>/edit/", course.class_edit, name="edit"),
    path("<int:pk>/open/", course.class_open, name="open"),
    path("<int:pk>/begin/", course.class_begin, name="begin"),
    path("<int:pk>/finish/", course.class_finish, name="finish"),
    path("<int:pk>/reopen/", course.class_reopen, name="reopen"),
    path("<int:pk>/take-back/", course.class_take_back, name="take_back"),
    path("<int:pk>/cancel/", course.class_cancel, name="cancel"),
    path("<int:pk>/quotas/", quota.class_quotas, name="quotas"),
    path("<int:pk>/timetable/", timetable.class_timetable, name="timetable"),
    path("<int:pk>/timetable/add/", timetable.sessions_add, name="sessions_add"),
    path("<int:pk>/timetable/word/", timetable.timetable_word, name="timetable_word"),
    path("sessions/<int:pk>/", timetable.session_detail, name="session"),
    path("sessions/<int:pk>/edit/", timetable.session_edit, name="session_edit"),
    path("sessions/<int:pk>/remove/", timetable.session_remove, name="session_remove"),
    path("teachers/", teacher.teacher_list, name="teachers"),
    path("teachers/add/", teacher.teacher_add, name="teacher_add"),
    path("teachers/<int:pk>/", teacher.teacher_detail, name="teacher"),
    path("teachers/<int:pk>/edit/", teacher.teacher_edit, name="teacher_edit"),
    path("<int:pk>/files/", file.class_files, name="files"),
    path("<int:pk>/files/add/", file.file_add, name="file_add"),
    path("files/<int:pk>/", file.file_open, name="file"),
    path("files/<int:pk>/thumbnail/", file.file_thumbnail, name="file_thumbnail"),
    path("files/<int:pk>/remove/", file.file_remove, name="file_remove"),
    path("courseware/", file.handouts, name="handouts"),
    path("courseware/<int:pk>/", file.handout, name="handout"),
]
