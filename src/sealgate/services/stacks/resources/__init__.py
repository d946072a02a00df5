"""The resource types that templates can name, a file for each kind of thing.

Sources of every table here: the schemas of AWS's CloudFormation registry (properties, required, "Update requires"),
which a test compares them with, and the CloudFormation User Guide (what `Ref` and `Fn::GetAtt` answer).
"""
