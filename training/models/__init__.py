from training.models.course import ClassFile, ClassQuota, ClassSession, Teacher, TrainingClass
from training.models.exam import Exam, ExamQuestion, ExamResult, Question
from training.models.hours import OtherHours
from training.models.roll import ClassPass, Enrolment, SignIn
from training.models.survey import Survey

__all__ = [
    "ClassFile", "ClassPass", "ClassQuota", "ClassSession", "Enrolment", "Exam", "ExamQuestion", "ExamResult", "OtherHours",
    "Question", "SignIn", "Survey", "Teacher", "TrainingClass",
]  # fmt: skip
