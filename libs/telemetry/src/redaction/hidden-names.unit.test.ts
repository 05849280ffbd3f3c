import { describe, expect, it } from 'vitest';
import { isHidden } from './hidden-names.ts';

const hidden = [
  'pw userPw PW pswd portal_pswd pwd PWD userPwd db_pwd oldpwd pin PIN pins PINs userPin pin_code pinCode PINCode pin2 passcode passcodes pass-code passphrase',
  'cookie cookies Cookie set-cookie setCookies cookieHeader sessionCookie jwt JWT jwts JWTs idJwt jwt_assertion',
  'sessionId session_id session-id SESSIONID sessionIDs sessionIds sid connect.sid JSESSIONID session_key',
  'token tokens accessToken access_tokens refreshtoken bearer bearerToken tokenValue authorization Authorizations',
  'password passwords newPassword previous_password PASSWORD password2 passwordHash currentPasswords db.password user_passwd dbPass userPass',
  'secret secrets clientSecret oauth_client_secret SecretString secretBinary secret_id webhookSecrets secretValue secretAccessKey',
  'seed mfaSeed mfa_seeds MFA-SEED totp TOTP otp otps otpCode totp_seed hotpSecret credential credentials portalCredentials',
  'apiKey api_keys x-api-key apikey privateKey privatekeys accessKeys identityKey RCM_IDENTITY_KEY signingKey webhook_key',
  'user username userName user_names UserName loginName value Values result results input inputs body html payload payloads customFields custom_field',
  'databaseUrl DATABASE_URL databaseurl connectionString connection_strings',
  'ssn SSN ssns patientSsn ssnLast4 dob DOB dobs patientDob birthDate date_of_birth dateOfBirth birthday socialSecurityNumber',
  'memberId member_id memberIds memberID MemberNumber member-name subscriberId patient patientName patient_account mrn MRNs beneficiaryName claimNumber',
  'detail hint where parameters params query',
  'creds portalCreds cred PHPSESSID mfaCode smsCodes oneTimeCode verification_code recoveryCodes backup_codes securityAnswer challenge-answer',
  'memberNo insuredId insuredName claim_no policyNumber policy_no groupNumber medicaidId medicareNumber mbi MBI hicn birth',
];
const shown = [
  'spinner pinned opinion shipping pinning spin pinch unpin mapping grouping pinnedVersion happening',
  'endpointId orgId taskId attemptId accountId portalType worker lease act step ms outcome verdict tries kind err code message name details details',
  'secretArn secret_arn secretArns secretCount tokenCount tokenKind tokenTypes tokenMaxAgeMs passwordRules passwordLength passwordVersion credentialVersion',
  'cookieCount tokenUrl tokenExpiresAt pinLimit seedCount otpLength secretKinds sessions sessionCount session kept',
  'compass bypass passed passenger passes tokenizer secretary seeded seeding keyId kid userAgent userCount userId users_at cookieless',
  'members memberCount membership valueCount resultCount inputs_count bodyLength queryMs whereabouts detailed hints_shown paramsCount',
  'credit sacred credits pwned insurer timeCodec memberCode claimCount policyVersion groupId groupName groups rebirth recovery backup backupAt',
  'assignee lesson mission adobe window sidecar inside besides residual considered keyboard donkey monkey apikeys_count authority author',
];
const each = (lines: readonly string[]): string[] => lines.flatMap((line) => line.split(' '));

describe('a name', () => {
  it.each(each(hidden))('%s is hidden', (name) => expect(isHidden(name)).toBe(true));
  it.each(each(shown))('%s is shown', (name) => expect(isHidden(name)).toBe(false));

  it('that is data more than a name is decided by its beginning', () => {
    expect(isHidden(`password${'A'.repeat(1_000_000)}`)).toBe(true);
    expect(isHidden(`${'a'.repeat(1_000_000)}_password`)).toBe(false);
    expect(isHidden(`password_${'a'.repeat(1_000_000)}`)).toBe(true);
    expect(isHidden('')).toBe(false);
    expect(isHidden('__proto__')).toBe(false);
  });
});
