"""What the pages give to operators to paste: commands of AWS, templates, Terraform, changes."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import botocore.session
import hcl2
import pytest
import yaml
from botocore import xform_name

from tests.support.rendered import Stack, translated
from tests.support.template import ROOT, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINT = ROOT / ".tools/sam/bin/cfn-lint"
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted(ROOT.glob("docs/*.md"))]
TEMPLATES = [ROOT / "docs/deploy-role.yaml", *sorted(ROOT.glob("examples/*.yaml"))]
OPERATIONS = (ROOT / "docs/operations.md").read_text()

# What the AWS CLI has beside the API, and its options for every command.
OF_THE_CLI = {
    ("cloudformation", "deploy"): {
        *("stack-name", "template-file", "capabilities", "parameter-overrides")
    },
    ("s3", "cp"): set[str](),
    ("logs", "tail"): {"follow", "log-stream-name-prefix"},
}
RENAMED = {("sns", "subscribe"): {"notification-endpoint"}}
EVERYWHERE = {"query", "output", "region"}

_COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z][a-z-]+)((?:\\\n|(?!\baws )[^`\n])*)")


def blocks(language: str, text: str = OPERATIONS) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> Iterator[tuple[str, str, str, str]]:
    for path in (*PAGES, *TEMPLATES):
        for service, verb, rest in _COMMAND.findall(path.read_text()):
            yield path.name, service, verb, rest


def options_of(service: str, verb: str) -> set[str]:
    """Return the options that the AWS CLI has for a command; each is a member of the request."""
    if (service, verb) in OF_THE_CLI:
        return OF_THE_CLI[service, verb]
    model = botocore.session.get_session().get_service_model(service)
    [operation] = [each for each in model.operation_names if xform_name(each, "-") == verb]
    shape = model.operation_model(operation).input_shape
    return {xform_name(member, "-") for member in shape.members} if shape else set()


@pytest.mark.parametrize(("page", "service", "verb", "rest"), list(commands()))
def test_a_command_is_one_of_aws(page: str, service: str, verb: str, rest: str) -> None:
    given = set(re.findall(r"(?<=\s)--([a-z0-9-]+)", rest))

    known = options_of(service, verb) | RENAMED.get((service, verb), set())
    assert given <= known | EVERYWHERE, page


def test_the_resources_that_commands_name_exist() -> None:
    named = {
        name for path in PAGES for name in re.findall(r"\$\(physical (\w+)\)", path.read_text())
    }

    assert named
    assert named <= translated()["Resources"].keys()


def test_the_parameters_that_are_set_exist() -> None:
    text = "".join(path.read_text() for path in PAGES)
    values = re.findall(r"PARAMS=\"([^\"]+)\"", text)
    named = {name for value in values for name in re.findall(r"(\w+)=", value)}

    assert named
    assert named - {"NAME"} <= TEMPLATE["Parameters"].keys()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_the_parameters_that_are_given(path: Path) -> None:
    template = path.read_text()
    text = template + "".join(page.read_text() for page in PAGES)
    command = re.compile(rf"--template-file \S+{path.name}[^`]*?--parameter-overrides (.*)")
    [*given] = command.findall(text.replace("\\\n", ""))

    assert given
    parameters = re.search(r"^Parameters:\n(.*?)^\w", template, re.MULTILINE | re.DOTALL)
    known = re.findall(r"^  (\w+):$", parameters[1], re.MULTILINE) if parameters else []
    for each in given:
        assert set(re.findall(r"(\w+)=", each)) <= set(known)


def test_terraform_creates_the_stack_with_what_it_has() -> None:
    [block] = blocks("hcl")
    document: dict[str, Any] = hcl2.loads(block)

    [resource] = document["resource"]
    [[kind, stacks]] = resource.items()
    [stack] = stacks.values()
    assert kind.strip('"') == "aws_cloudformation_stack"
    assert {name.strip('"') for name in stack["parameters"]} <= TEMPLATE["Parameters"].keys()
    assert {each.strip('"') for each in stack["capabilities"]} == {
        "CAPABILITY_IAM",
        "CAPABILITY_AUTO_EXPAND",  # for the Serverless transform
    }
    assert not [each for each in Stack().of_type("AWS::IAM::Role").values() if "RoleName" in each]
    [read] = re.findall(r'outputs\["(\w+)"\]', block)
    assert read in TEMPLATE["Outputs"]


class TestOnlyFromYourNetwork:
    """The change of the template, as SAM renders it."""

    [CHANGES] = blocks("yaml")

    def rendered(self, name: str) -> dict[str, Any]:
        properties: dict[str, Any] = translated(self.CHANGES)["Resources"][name]["Properties"]
        return properties

    def test_it_changes_what_the_template_has(self) -> None:
        new = translated(self.CHANGES)["Resources"].keys() ^ translated()["Resources"].keys()

        assert not {name for name in new if not name.startswith("ApiDeployment")}

    def test_the_api_is_private_and_its_policy_fits(self) -> None:
        api = self.rendered("Api")
        policy = api["Body"]["x-amazon-apigateway-policy"]

        assert api["EndpointConfiguration"]["Types"] == ["PRIVATE"]
        allow, deny = policy["Statement"]
        assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
        assert allow["Resource"] == deny["Resource"] == "execute-api:/*"
        assert deny["Condition"].keys() == {"StringNotEquals"}
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
        assert len(json.dumps(policy)) <= 8_192

    def test_links_alone_are_refused_elsewhere(self) -> None:
        policy = self.rendered("FilesBucketPolicy")["PolicyDocument"]

        tls, links = policy["Statement"]
        assert tls["Sid"] == "TlsOnly"
        # A link is signed by the role of a function, which itself signs a header.
        assert links["Condition"]["StringEquals"] == {"s3:authType": "REST-QUERY-STRING"}
        assert "aws:PrincipalArn" not in json.dumps(links)

    def test_cloudformation_takes_it(self, tmp_path: Path) -> None:
        resources = {
            "FilesBucket": {"Type": "AWS::S3::Bucket"},
            "FilesBucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": self.rendered("FilesBucketPolicy"),
            },
            "Api": {
                "Type": "AWS::ApiGateway::RestApi",
                "Properties": {
                    name: value for name, value in self.rendered("Api").items() if name != "Body"
                },
            },
        }
        template = tmp_path / "template.json"
        template.write_text(json.dumps({"Resources": resources}))

        command = [str(LINT), "--regions", "us-east-1", "--", str(template)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_shown_as_data_can_be_read(page: Path) -> None:
    text = page.read_text()

    for block in blocks("json", text):
        # An excerpt is the inside of an object.
        json.loads(block if block.lstrip().startswith(("{", "[")) else f"{{{block}}}")
    for block in blocks("yaml", text):
        assert yaml.safe_load(re.sub(r"!\w+", "", block))
