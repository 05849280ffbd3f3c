#!/bin/bash
# Run by LocalStack when it is ready: the key and the roles that tools/local-aws provides from its start. Every step may be repeated.
set -euo pipefail

alias=alias/rcm-credentials
account="${AWS_ACCESS_KEY_ID:-000000000000}"

if ! awslocal kms describe-key --key-id "$alias" >/dev/null 2>&1; then
  key="$(awslocal kms create-key --description 'Portal credentials' --query KeyMetadata.KeyId --output text)"
  awslocal kms create-alias --alias-name "$alias" --target-key-id "$key"
fi

trust="{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$account:root\"},\"Action\":[\"sts:AssumeRole\",\"sts:TagSession\"]}]}"
for role in rcm-agent-tenant rcm-rotator-tenant rcm-migrator-tenant; do
  awslocal iam get-role --role-name "$role" >/dev/null 2>&1 || awslocal iam create-role --role-name "$role" --assume-role-policy-document "$trust" >/dev/null
done
