import { describe, expect, it } from 'vitest';
import { readAuditConfig, readHeadsConfig } from './config.ts';

const VALID = { RCM_DATABASE_URL: 'postgresql://auditor:canary@127.0.0.1/rcm' };
const read = (changes: Readonly<Record<string, string>>) => readAuditConfig({ ...VALID, ...changes });

describe('audit’s ways to other machines', () => {
  it.each([
    ['RCM_DATABASE_URL', 'postgresql://auditor:canary@db.example/rcm', 'leads to another machine without TLS'],
    ['RCM_DATABASE_DIRECT_URL', 'postgresql://auditor:canary@db.example/rcm?sslmode=require', 'has sslmode=require'],
    ['RCM_AWS_ENDPOINT', 'http://10.1.2.3:4566', 'must be https, or http on this machine; to send it unprotected all the same, name aws'],
    ['RCM_AUDIT_SYSLOG', 'tcp://logs.example:514', 'must be tls://host:port or unix:/path'],
  ])('%s=%s is refused', (name, value, why) => {
    expect(() => read({ [name]: value })).toThrow(`${name}: ${why}`);
    expect(() => read({ [name]: value })).not.toThrow('canary');
  });

  it('are asked for where no database is, too', () => {
    expect(() => readHeadsConfig({ RCM_AWS_ENDPOINT: 'http://10.1.2.3:4566' })).toThrow('RCM_AWS_ENDPOINT: must be https');
  });

  it('are taken on this machine, protected, or where that is chosen by name', () => {
    expect(read({ RCM_AWS_ENDPOINT: 'http://127.0.0.1:4566', RCM_AUDIT_SYSLOG: 'tls://logs.example:6514' })).toBeDefined();
    expect(read({ RCM_AWS_ENDPOINT: 'http://10.1.2.3:4566', RCM_PLAINTEXT: 'aws' }).RCM_PLAINTEXT).toEqual(['aws']);
  });
});
