import { type FunctionCases, NEW_NAME, PRINT, text } from './case.fixture.ts';
import type { Tenant } from '../two-tenants.fixture.ts';

const refused = ({ orgId }: Tenant, end = `outcome = 'rejected', effect = 'bad'`): string =>
  `UPDATE login_attempt SET portal_type_code = 'alpine', fingerprint = '${PRINT}', finished_at = started_at, ${end} WHERE org_id = '${orgId}'`;
const locked = (o: Tenant): string => refused(o, `outcome = 'locked', effect = 'none'`);
const leased = ({ orgId }: Tenant): string =>
  `UPDATE login_lease SET kind = 'exclusive' WHERE org_id = '${orgId}'; UPDATE rotation_attempt SET ended_at = now(), state = 'abandoned' WHERE org_id = '${orgId}'`;
/** Its login lies in its row, or is gone from it. */
const stored = ({ orgId }: Tenant, config: string, login: string): string =>
  `UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL, next_rotation_at = NULL, login_identity = ${login}, config = ${config} WHERE org_id = '${orgId}'`;
const plaintext = (o: Tenant): string => stored(o, `'{"credentials": {"password": "p"}}'`, 'login_identity');
const left = (o: Tenant): string => `${refused(o)}; ${stored(o, `'{}'`, 'NULL')}; UPDATE login_identity SET left_since = now() WHERE id = '${o.loginIdentity}'`;

/** What is known of an account, and by which name it goes. */
export const LOGINS: FunctionCases = {
  'rcm_tenant_has_login(text)': { call: (o) => `rcm_tenant_has_login('${o.loginIdentity}')` },
  'rcm_login_ledger(text)': { call: (o) => `rcm_login_ledger('${o.loginIdentity}')`, given: refused },
  'rcm_locked_until(text)': { call: (o) => `rcm_locked_until('${o.loginIdentity}')`, given: locked },
  'rcm_locked_count(text[])': { call: (o) => `rcm_locked_count(ARRAY['${o.loginIdentity}'])`, given: locked },
  'rcm_password_record(text,text[],timestamp with time zone)': {
    call: (o) => `rcm_password_record('${o.loginIdentity}', ARRAY['${PRINT}'], '-infinity')`,
    given: refused,
  },
  'rcm_live_leases(text)': { call: (o) => `rcm_live_leases('${o.loginIdentity}')` },
  'rcm_open_rotation(text)': { call: (o) => `rcm_open_rotation('${o.loginIdentity}')` },
  'rcm_last_totp_step(text)': { call: (o) => `rcm_last_totp_step('${o.loginIdentity}')` },
  'rcm_portal_health(text,text,timestamp with time zone,interval,integer)': {
    call: (o) => `rcm_portal_health('alpine', '${o.loginIdentity}', NULL, '1 hour', 1)`,
    given: refused,
    like: 'nobody',
  },
  'rcm_refused_lately(text,text,timestamp with time zone)': {
    call: (o) => `rcm_refused_lately('alpine', '${o.loginIdentity}', '-infinity')`,
    given: refused,
    like: 'nobody',
  },
  'rcm_rotations_under_way(text)': 'a portal type, of which it says how many rotations are under way, whoever’s',
  'rcm_forget_passwords(text,text[])': { call: (o) => `rcm_forget_passwords('${o.loginIdentity}', '{}')`, given: refused },
  'rcm_forget_left_passwords(text,timestamp with time zone)': { call: () => `rcm_forget_left_passwords('2', 'infinity')`, given: left },
  'rcm_settle_login(text,text[],text[])': { call: (o) => `rcm_settle_login('${o.endpointId}', ARRAY['${NEW_NAME}', '${o.loginIdentity}'], '{1,1}')` },
  'rcm_follow_account(text,text,text[],text[],uuid,text[])': {
    call: (o) => `rcm_follow_account('${o.endpointId}', '${o.loginIdentity}', ARRAY['${NEW_NAME}'], '{1}', '${o.uuid}', ARRAY['${o.loginIdentity}'])`,
    given: leased,
  },
  'rcm_move_login(text,text,text,text,uuid)': {
    call: (o) => `rcm_move_login('${o.endpointId}', '${o.loginIdentity}', '${NEW_NAME}', '2', '${o.uuid}')`,
    given: leased,
  },
  'rcm_move_prints(text,text[],text[],text)': {
    call: (o) => `rcm_move_prints('${o.loginIdentity}', ARRAY['${PRINT}'], ARRAY['2:${NEW_NAME}'], '2')`,
    given: refused,
  },
  'rcm_keys_in_use()': 'nothing: the names of the keys that there are',
  'rcm_key_rows()': 'nothing: how much there is under each key',
  'rcm_known_by_other_keys(text,text)': 'the names of two keys, and says whether there are others',
  'rcm_legacy_login(text,uuid)': { call: (o) => `rcm_legacy_login('${o.endpointId}', '${o.uuid}')`, given: plaintext },
  'rcm_name_legacy_login(text,text,text[],text[])': {
    call: (o) => `rcm_name_legacy_login('${o.endpointId}', '${o.loginIdentity}', ARRAY['${NEW_NAME}'], '{1}')`,
    given: (o) => `${plaintext(o)}; DELETE FROM login_lease WHERE org_id = '${o.orgId}'`,
  },
  'rcm_spend_backup_code(text,uuid,text[],integer[])': {
    call: (o) => `rcm_spend_backup_code('${o.endpointId}', '${o.uuid}', ARRAY['${PRINT}'], '{1}')`,
  },
};

/** Where an endpoint lies, whose it is, and what a person does with it. */
export const ENDPOINTS: FunctionCases = {
  'rcm_organization_of(text)': { call: (o) => `rcm_organization_of('${o.endpointId}')` },
  'rcm_logins_at(text,integer)': {
    call: () => `rcm_logins_at('arn:aws:ssm:theirs', 10)`,
    given: (o) => `UPDATE integration_endpoint SET secret_place = 'arn:aws:ssm:theirs' WHERE org_id = '${o.orgId}'`,
  },
  'rcm_secret_made_anew(text,text)': {
    call: (o) => `rcm_secret_made_anew('${anewOf(o)}-aaaaaa', '${anewOf(o)}-bbbbbb')`,
    given: (o) => `UPDATE integration_endpoint SET secret_arn = '${anewOf(o)}-aaaaaa' WHERE org_id = '${o.orgId}'`,
  },
  'rcm_readdress_adopted(text,text)': {
    call: (o) => `rcm_readdress_adopted('${o.endpointId}', 'https://alpine.example/other')`,
    given: (o) => `${plaintext(o)}; SET LOCAL app.reason = 'r'`,
  },
  'rcm_let_go_adopted(text,text,text)': { call: (o) => `rcm_let_go_adopted('crm', ${text(o.loginIdentity + o.uuid)}, '${o.endpointId}')` },
  'rcm_retire_endpoint(text,text,text,boolean)': {
    call: (o) => `rcm_retire_endpoint('${o.endpointId}', 'person:os:jane', 'r', false)`,
    given: (o) => `${leased(o)}; DELETE FROM login_lease WHERE org_id = '${o.orgId}'`,
  },
  'rcm_reinstate_endpoint(text,text,text)': {
    call: (o) => `rcm_reinstate_endpoint('${o.endpointId}', 'person:os:jane', 'r')`,
    given: (o) => `${stored(o, `'{}'`, 'NULL')}; UPDATE integration_endpoint SET retired_at = now() WHERE org_id = '${o.orgId}'`,
  },
  'rcm_record_person(text,text,text,text,text,jsonb)': {
    call: (o) => `rcm_record_person('${o.orgId}', 'person:os:jane', 'login.verified', '${o.endpointId}', 'r', '{}')`,
  },
};

function anewOf({ orgId }: Tenant): string {
  return `arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/test/${orgId}`;
}
