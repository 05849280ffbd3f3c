import { listCurrentVersions } from '../../credential-changes-missed.ts';
import { followAccount } from '../../endpoints/follow-account.ts';
import { followStoreVersion } from '../../endpoints/follow.ts';
import { listOtherSecrets } from '../../endpoints/other-secrets.ts';
import { putOffRotation } from '../../endpoints/put-off.ts';
import { getEndpoint } from '../../endpoints/read.ts';
import { bringRotationForward, isDue } from '../../endpoints/schedule.ts';
import { noteSearched, postponeSearch, startSearch, wantCredentialSearch, wantSearchIfOutdated } from '../../endpoints/search.ts';
import { followSecretMadeAnew } from '../../endpoints/secret-made-anew.ts';
import { noteManualVersion, recordManualRefusal, recordManualRotation, watchedLogin } from '../../manual/watch.ts';
import { identityOf, printOf } from '../../testing.fixture.ts';
import type { Named, Operations } from './named.fixture.ts';

const ofSecretsManager = ({ orgId, endpointId }: Named, suffix: string): string =>
  `arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/test/${orgId}/endpoints/${endpointId}/a-${suffix}`;

/** Operations on a login’s row: what it names, what is searched for it, and when it is due. */
export const ENDPOINTS: Operations = {
  getEndpoint: (t, n) => getEndpoint(t.agent, n),
  listCurrentVersions: (t, n) => listCurrentVersions(t.agent, { orgId: n.orgId, secretArns: [n.secretArn] }),
  followStoreVersion: (t, n) => followStoreVersion(t.agent, { ...n, from: '1', to: '2' }),
  followSecretMadeAnew: (t, n) => followSecretMadeAnew(t.rotator, { orgId: n.orgId, from: ofSecretsManager(n, 'AbCdEf'), to: ofSecretsManager(n, 'GhIjKl') }),
  followAccount: (t, n) =>
    followAccount(t.rotator, { ...n, from: n.loginIdentity, to: [{ id: identityOf('another'), keyId: '1' }], actor: 'a', knownAs: [n.loginIdentity] }),
  wantCredentialSearch: (t, n) => wantCredentialSearch(t.agent, n),
  wantSearchIfOutdated: (t, n) => wantSearchIfOutdated(t.agent, { ...n, fingerprints: [printOf('old')] }),
  startSearch: (t, n) => startSearch(t.rotator, n),
  noteSearched: (t, n) => noteSearched(t.rotator, { ...n, requests: 0 }),
  postponeSearch: (t, n) => postponeSearch(t.rotator, { ...n, requests: 0, forMs: 1 }),
  listOtherSecrets: (t, n) => listOtherSecrets(t.rotator, { ...n, secretArn: 'arn:of:another', limit: 10 }),
  bringRotationForward: (t, n) => bringRotationForward(t.agent, { ...n, expiresAt: new Date() }),
  isDue: (t, n) => isDue(t.rotator, n),
  watchedLogin: (t, n) => watchedLogin(t.rotator, n),
  putOffRotation: (t, n) => putOffRotation(t.rotator, { ...n, forMs: 60_000, tell: 'x' }),
  noteManualVersion: (t, n) => noteManualVersion(t.rotator, { ...n, version: '2', known: null }),
  recordManualRotation: (t, n) => recordManualRotation(t.rotator, { ...n, version: '2', known: null, actor: 'a', proof: 'login' }),
  recordManualRefusal: (t, n) => recordManualRefusal(t.rotator, { ...n, version: '2', known: '1', actor: 'a', detail: 'x', isAskedAgain: false }),
};
