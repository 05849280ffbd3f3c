import type { PlatformPolicies, RolePolicies } from '@rcm/credentials/policies';

/**
 * The same as resources of Terraform's AWS provider: a role with one managed policy each, the key policy as a resource of a key that is named by the variable
 * `rcm_kms_key_id`, and the guardrail as a service control policy. Names of resources are those of the roles, with underscores.
 */
export function terraform({ roles, keyPolicy, guardrail }: PlatformPolicies): string {
  return [
    'variable "rcm_kms_key_id" {\n  type        = string\n  description = "The customer key behind every secret"\n}\n',
    ...roles.map(role),
    `resource "aws_kms_key_policy" "rcm" {\n  key_id = var.rcm_kms_key_id\n  policy = ${document(keyPolicy)}\n}\n`,
    `resource "aws_organizations_policy" "rcm_guardrail" {\n  name    = "rcm-guardrail"\n  type    = "SERVICE_CONTROL_POLICY"\n  content = ${document(guardrail)}\n}\n`,
  ].join('\n');
}

function role({ name, tags, trustPolicy, policy }: RolePolicies): string {
  const id = name.replaceAll('-', '_');
  const tagLines = Object.entries(tags).map(([key, value]) => `    ${key} = ${JSON.stringify(value)}\n`);
  const tagged = tagLines.length === 0 ? '' : `  tags = {\n${tagLines.join('')}  }\n`;
  return [
    `resource "aws_iam_role" "${id}" {\n  name = "${name}"\n${tagged}  assume_role_policy = ${document(trustPolicy)}\n}\n`,
    `resource "aws_iam_policy" "${id}" {\n  name   = "${name}"\n  policy = ${document(policy)}\n}\n`,
    `resource "aws_iam_role_policy_attachment" "${id}" {\n  role       = aws_iam_role.${id}.name\n  policy_arn = aws_iam_policy.${id}.arn\n}\n`,
  ].join('\n');
}

/** Indented, in a heredoc. What IAM fills in itself (`${aws:PrincipalTag/…}`) Terraform must leave alone. */
const document = (policy: object): string =>
  `<<-JSON\n${JSON.stringify(policy, null, 2)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{')
    .replace(/^/gm, '    ')}\n  JSON`;
