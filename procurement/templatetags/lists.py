"""What templates say about lists."""

from django import template

register = template.Library()
