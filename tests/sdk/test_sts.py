from tests.support.server import RunningServer


def test_the_root_user_learns_who_it_is(server: RunningServer) -> None:
    answer = server.client("sts").get_caller_identity()
    account = server.credentials.account
    assert answer["Account"] == account
    assert answer["UserId"] == account
    assert answer["Arn"] == f"arn:aws:iam::{account}:root"
    assert answer["ResponseMetadata"]["RequestId"]
