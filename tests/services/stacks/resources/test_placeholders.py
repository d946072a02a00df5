"""What stands for nothing but itself."""

from tests.support.resources import Stack


def test_a_handle_has_a_name_and_keeps_it(stack: Stack) -> None:
    handle = stack.make("AWS::CloudFormation::WaitConditionHandle")
    assert handle.ref == handle.get("Id") == handle.make_again().physical_id
    handle.change()
    handle.delete()


def test_what_cdk_says_of_itself_is_taken(stack: Stack) -> None:
    said = stack.make("AWS::CDK::Metadata", Analytics="v2:deflate64:x")
    before = said.ref
    said.change(Analytics="v2:deflate64:y")
    assert said.ref == before
    said.delete()
