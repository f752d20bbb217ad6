"""What was set: the parameters of a company, a program and a period, each value with its file and line.

Three layers, later ones win key by key: `company.yaml`, `programs/<program_id>.yaml`, `periods/<period>.yaml`.
Codes, amounts and periods are quoted text. Nothing here reads a source or knows what a parameter is used for.
"""

from close_library.parameters.layers import COMPANY, CompanyParameters, load_parameters, read_parameters
from close_library.parameters.settings import Flux, Settings, SourceSetting

__all__ = [
    "COMPANY",
    "CompanyParameters",
    "Flux",
    "Settings",
    "SourceSetting",
    "load_parameters",
    "read_parameters",
]
