import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from astrid.people import ROLES, make_demo_users

pytestmark = pytest.mark.django_db


def test_each_role_of_people_has_one_user_who_can_log_in_and_enter_the_admin():
    passwords = make_demo_users()
    assert set(passwords) == set(ROLES)
    for name, password in passwords.items():
        user = authenticate(username=name, password=password)
        assert user.is_staff
        assert not user.is_superuser
        assert [group.name for group in user.groups.all()] == [name]


def test_a_second_time_nobody_is_made_and_no_password_is_told():
    make_demo_users()
    before = set(User.objects.values_list("username", "password"))
    assert make_demo_users() == {}
    assert set(User.objects.values_list("username", "password")) == before
