"""Every setting, read once from the environment and `.env`. The only package that reads either."""

from vigilbot.config.loading import (
    cache_folder,
    environment_value,
    export_provider_keys,
    load,
    set_vendor_defaults,
    variable_of,
    without_secrets,
)
from vigilbot.config.settings import DEFAULT_SCOPE, ModelTask, ReasonerTask, Settings

__all__ = [
    "DEFAULT_SCOPE",
    "ModelTask",
    "ReasonerTask",
    "Settings",
    "cache_folder",
    "environment_value",
    "export_provider_keys",
    "load",
    "set_vendor_defaults",
    "variable_of",
    "without_secrets",
]
