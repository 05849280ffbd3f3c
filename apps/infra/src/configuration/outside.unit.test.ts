import { describe, expect, it } from 'vitest';
import { problems, set, withFolder, written, type Written } from './written.fixture.ts';

withFolder();

describe('of whom processes tell and read, and of their keys and settings, a wrong file gives a line that says what and where:', () => {
  it.each<[string, (yaml: Written) => void, string]>([
    ['a mailbox without TLS', set('prod.inbound.mailboxes.codes.tls', 'none'), 'environments.prod.inbound.mailboxes.codes.tls: must be implicit or starttls'],
    ['a password in the file', set('prod.inbound.mailboxes.codes.password', 'x'), 'environments.prod.inbound.mailboxes.codes: Unrecognized key: "password"'],
    ['nobody who brings codes', set('prod.inbound', {}), 'environments.prod.inbound: names nobody who brings codes'],
    ['a gateway without the API', set('prod.api', undefined), 'environments.prod.inbound.twilioUrl: comes by the HTTP API, and there is no api'],
    ['a topic that is none', set('prod.inbound.snsTopics', ['portal-codes']), 'environments.prod.inbound.snsTopics.0: must be the ARN of a topic'],
    [
      'a topic twice',
      set('prod.inbound.snsTopics', ['arn:aws:sns:us-east-2:222222222222:a', 'arn:aws:sns:us-east-2:222222222222:a']),
      'environments.prod.inbound.snsTopics.1: names arn:aws:sns:us-east-2:222222222222:a a second time',
    ],
    ['topics without the API', set('prod.api', undefined), 'environments.prod.inbound.snsTopics: comes by the HTTP API, and there is no api'],
    ['a receiver at an address', set('prod.callbacks.hosts', ['https://hooks.example/x']), 'environments.prod.callbacks.hosts.0: must be HOST or HOST:PORT'],
    ['a receiver twice', set('prod.callbacks.hosts', ['a.example', 'a.example']), 'environments.prod.callbacks.hosts.1: names a.example a second time'],
    ['spans in the clear', set('prod.traces.url', 'http://collector.example/v1/traces'), 'environments.prod.traces.url: must be an https address'],
    [
      'a setting of its own kind',
      set('prod.webAgent.settings', { RCM_API_PORT: 1 }),
      'environments.prod.webAgent.settings.RCM_API_PORT: is no variable that may',
    ],
    [
      'what leaves something unprotected',
      set('dev.rotator.settings', { RCM_PLAINTEXT: 'aws' }),
      'environments.dev.rotator.settings.RCM_PLAINTEXT: is no variable',
    ],
    [
      'a setting that is a list',
      set('dev.rotator.settings', { RCM_ROTATOR_CANARY: ['off'] }),
      'environments.dev.rotator.settings.RCM_ROTATOR_CANARY: must be a number',
    ],
    ['two keys of one id', set('prod.keys', { identity: '2', previousIdentity: '2' }), 'environments.prod.keys.previousIdentity: is the id of the current one'],
    ['a previous key of none', set('prod.keys', { previousFingerprint: '2' }), 'environments.prod.keys.previousFingerprint: has no current one beside it'],
    [
      'two fingerprint keys of one id',
      set('prod.keys', { fingerprint: '2', previousFingerprint: '2' }),
      'environments.prod.keys.previousFingerprint: is the id of the current one',
    ],
    ['the id of a key without quotes', set('prod.keys', { identity: 2 }), 'environments.prod.keys.identity: must be an id in quotes'],
    [
      'a standby of another region',
      set('prod.replica.standby.zones', ['us-west-2a', 'us-east-1b']),
      'environments.prod.replica.standby.zones.1: is not in us-west-2',
    ],
    [
      'a standby in the same range',
      set('prod.replica.standby.cidr', '10.30.0.0/16'),
      'environments.prod.replica.standby.cidr: is the range of the first region',
    ],
    [
      'a standby of a database that is not made here',
      set('prod.database', { kind: 'existing', host: 'db.example', securityGroupId: 'sg-0123456789abcdef0' }),
      'environments.prod.replica.standby: follows Aurora, and the database is another',
    ],
    [
      'backups elsewhere that are here',
      set('prod.backups.elsewhere', { account: '222222222222', region: 'us-east-1' }),
      'environments.prod.backups.elsewhere: is where everything else is',
    ],
    [
      'an issuer that is changed for itself',
      set('prod.api.previous', { issuer: 'https://identity.example/', jwksUrl: 'https://identity.example/keys' }),
      'environments.prod.api.previous.issuer: is the issuer itself',
    ],
  ])('%s', (_, change, line) => {
    expect(problems(written(change)).filter((each) => each.startsWith(line))).toHaveLength(1);
  });
});
