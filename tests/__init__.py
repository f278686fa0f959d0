"""The tests. What vendors read when they are imported is set first, as the command line does."""

from vigilbot import config

config.set_vendor_defaults()
