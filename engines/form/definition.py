"""The kind of document that a form is, and the list of all kinds of this engine."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from engines.form.checks import check_form, compiled
from engines.form.groups import GroupKind, MenuKind, OptionSetKind, ParametersKind, RoleKind
from engines.form.references import form_references
from engines.form.schema_parts import FORM_KEY
from engines.form.schemas import FORM_DEFINITIONS, FORM_PROPERTIES
from engines.kernel.documents import Document, DocumentKind, Label, Reference
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem


class FormKind(DocumentKind):
    """What is kept of one kind of thing, how it is shown and what must hold."""

    key = "form"
    key_length = FORM_KEY
    title: ClassVar[Label] = {"en": "Form", "zh-CN": "表单"}
    description: ClassVar[Label] = {
        "en": "What is kept of one kind of thing: its fields, lists, rules and related lists.",
        "zh-CN": "一类事物保存哪些内容：字段、视图、校验规则和相关列表。",
    }
    properties: ClassVar[Mapping[str, Any]] = FORM_PROPERTIES
    required = ("title", "fields")
    definitions: ClassVar[Mapping[str, Any]] = FORM_DEFINITIONS

    def references(self, document: Document) -> Iterable[Reference]:
        """Forms, option sets and fields named anywhere in the document, in expressions too."""
        return form_references(document)

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """Options and expressions of fields (with their position), circles, and names in views, rules and lists."""
        collected = compiled(effective)
        yield from collected.problems.get(("form", document["key"]), ())
        form = collected.forms.by_key.get(document["key"])
        if form is not None:
            yield from check_form(form)


FORM_KINDS: Final[tuple[DocumentKind, ...]] = (
    FormKind(),
    OptionSetKind(),
    RoleKind(),
    GroupKind(),
    ParametersKind(),
    MenuKind(),
)
