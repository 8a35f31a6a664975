"""Defaults of the REST framework, named in the settings, and the base of every serializer."""

import math

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models
from psycopg.errors import UniqueViolation
from rest_framework import exceptions, filters, pagination, permissions, serializers, status, views


class ModelPermissions(permissions.DjangoModelPermissions):
    """Model permissions for every method, reading too."""

    perms_map = permissions.DjangoModelPermissions.perms_map | {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }


class Pages(pagination.PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


class Ordering(filters.OrderingFilter):
    """Rows that tie stand in the order of their keys, so that paging shows each of them once."""

    def get_ordering(self, request, queryset, view):
        ordering = super().get_ordering(request, queryset, view)
        return ordering and (*ordering, "pk")


class FiniteFloatField(serializers.FloatField):
    """A float that JSON can carry: not NaN, not infinite."""

    default_error_messages = {"not_finite": "A finite number is required."}

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("not_finite")
        return value


class RowSerializer(serializers.ModelSerializer):
    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.FloatField: FiniteFloatField
    }


class ConflictError(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "Another request made the same row at the same moment."
    default_code = "conflict"


def answer_to(error, context):
    """A model or a service that refuses a value answers 400 and names the field, as a serializer does.

    Of two requests that make one row at the same moment, the database lets one win; the other is answered 409.
    """
    if isinstance(error, IntegrityError) and isinstance(error.__cause__, UniqueViolation):
        error = ConflictError()
    if isinstance(error, ValidationError):
        detail = serializers.as_serializer_error(error)
        if NON_FIELD_ERRORS in detail:
            detail["non_field_errors"] = detail.pop(NON_FIELD_ERRORS)
        error = serializers.ValidationError(detail)
    return views.exception_handler(error, context)
