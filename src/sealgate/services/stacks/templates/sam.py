"""The transform of the Serverless Application Model, by AWS's own library: the only module that loads it.

The library asks AWS for two things: managed policies, which it is given, and applications of a public repository, which
it is refused. It keeps the region in a variable of its module, so one template is translated at a time.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping
from typing import Any, NoReturn

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.values import Value

_TRANSFORM = "AWS::Serverless-2016-10-31"
_one_at_a_time = threading.Lock()


class _Session:
    """What the library takes for AWS."""

    def __init__(self, region: str) -> None:
        self.region_name = region

    def client(self, service: str, **_: object) -> NoReturn:
        """Refuse: nothing is fetched."""
        raise TemplateInvalid(
            f"Transform {_TRANSFORM} failed with: applications of the Serverless Application Repository ({service}) "
            "are not supported here."
        )


def translate(
    document: Mapping[str, Value],
    *,
    parameters: Mapping[str, Value],
    region: str,
    managed_policies: Mapping[str, str],
) -> dict[str, Value]:
    """Turn a SAM template into one of CloudFormation; logical ids are those that AWS makes.

    Args:
        document: The template, without its `Transform`; it stays as it is.
        parameters: The values that may be put into the template.
        region: Where the stack stands.
        managed_policies: The ARNs of AWS's managed policies, by name.

    Raises:
        TemplateInvalid: The template is none of SAM's.
    """
    template = copy.deepcopy(dict(document))
    values = dict(parameters)
    with _one_at_a_time:
        try:
            to_py27_compatible_template(template, values)
            translator: Any = Translator(dict(managed_policies), Parser(), boto_session=_Session(region))
            try:
                translated = translator.translate(
                    template, parameter_values=values, get_managed_policy_map=lambda: dict(managed_policies)
                )
            finally:
                translator.metrics.publish()  # to nobody; the library warns of what nobody has published
            return dict(undo_mark_unicode_str_in_template(translated))
        except InvalidDocumentException as error:
            causes = " ".join(str(each.message) for each in error.causes)
            raise TemplateInvalid(f"Transform {_TRANSFORM} failed with: {error.message} {causes}") from None
        except (KeyError, TypeError, AttributeError, ValueError) as error:  # what the library does not expect
            raise TemplateInvalid(f"Transform {_TRANSFORM} failed with: {error!r}") from None
