import { describe, expect, it } from 'vitest';
import { connectionOf, connectionProblem, withCa } from './connection.ts';

const refused = (url: string) => connectionProblem(url, { plaintextAllowed: false });
const optedOut = (url: string) => connectionProblem(url, { plaintextAllowed: true });

describe('a database URL', () => {
  it.each([
    'postgresql://rcm:x@127.0.0.1:5432/rcm',
    'postgres://rcm:x@localhost/rcm?sslmode=disable',
    'postgresql://rcm:x@[::1]/rcm',
    'postgresql://rcm:x@%2Fvar%2Frun%2Fpostgresql/rcm',
    'postgresql://rcm:x@/rcm?host=/var/run/postgresql',
    'postgresql://rcm:x@db.example/rcm?host=/var/run/postgresql',
    'postgresql:///rcm',
    'postgresql://rcm:x@db.example/rcm?sslmode=verify-full',
    'postgresql://rcm:x@db.example/rcm?sslrootcert=/etc/ca.pem&sslmode=verify-full',
  ])('is taken: %s', (url) => expect(refused(url)).toBeNull());

  it.each([
    ['postgresql://rcm:x@db.example/rcm', 'another machine without TLS'],
    ['postgresql://rcm:x@10.0.0.1:5432/rcm?sslmode=disable', 'another machine without TLS'],
    ['postgresql://rcm:x@localhost/rcm?host=db.example', 'another machine without TLS'],
    ['postgresql://rcm:x@localhost/rcm?host=localhost&host=db.example', 'another machine without TLS'],
    ['postgresql://rcm:x@localhost.example/rcm', 'another machine without TLS'],
    ['postgresql://rcm:x@127.0.0.1@db.example/rcm', 'another machine without TLS'],
    ['postgresql://rcm:x@db.example/rcm?sslmode=require', 'has sslmode=require'],
    ['postgresql://rcm:x@db.example/rcm?sslmode=verify-ca', 'has sslmode=verify-ca'],
    ['postgresql://rcm:x@db.example/rcm?sslmode=no-verify', 'has sslmode=no-verify'],
    ['postgresql://rcm:x@db.example/rcm?sslmode=prefer', 'has sslmode=prefer'],
    ['postgresql://rcm:x@127.0.0.1/rcm?sslmode=require', 'has sslmode=require'],
    ['postgresql://rcm:x@db.example/rcm?sslmode=verify-full&sslmode=disable', 'does not prove whom it talks to'],
    ['postgresql://rcm:x@db.example/rcm?sslmode=verify-full&uselibpqcompat=true', 'parameter uselibpqcompat'],
    ['postgresql://rcm:x@db.example/rcm?sslmode=verify-full&ssl=0', 'parameter ssl'],
    ['postgresql://rcm:x@db.example/rcm?ssl=true', 'parameter ssl'],
    ['mysql://rcm:x@127.0.0.1/rcm', 'must be a postgresql:// URL'],
  ])('is refused: %s', (url, why) => {
    expect(refused(url)).toContain(why);
    expect(refused(url)).not.toContain('rcm:x');
  });

  it('may go to another machine in plain text only where both the deployment and the URL say so', () => {
    expect(optedOut('postgresql://rcm:x@db.example/rcm?sslmode=disable')).toBeNull();
    expect(optedOut('postgresql://rcm:x@db.example/rcm')).toContain('sslmode=disable, which RCM_PLAINTEXT allows here');
    expect(optedOut('postgresql://rcm:x@db.example/rcm?sslmode=require')).toContain('has sslmode=require');
  });

  it('is no connection where it leads to another machine by default, whoever asks', () => {
    expect(() => connectionOf('postgresql://rcm:x@db.example/rcm')).toThrow('The database URL leads to another machine');
    expect(connectionOf('postgresql://rcm:x@127.0.0.1/rcm')).toEqual({ connectionString: 'postgresql://rcm:x@127.0.0.1/rcm', ssl: false });
    expect(connectionOf('postgresql://rcm:x@db.example/rcm?sslmode=verify-full&sslnegotiation=direct&application_name=x')).toEqual({
      connectionString: 'postgresql://rcm:x@db.example/rcm?application_name=x',
      ssl: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    });
  });

  it('gets the deployment’s CA where it asks for verification and names none', () => {
    expect(withCa('postgresql://a@db.example/rcm?sslmode=verify-full', '/ca')).toBe('postgresql://a@db.example/rcm?sslmode=verify-full&sslrootcert=%2Fca');
    const own = 'postgresql://a@db.example/rcm?sslmode=verify-full&sslrootcert=/own';
    expect([withCa(own, '/ca'), withCa('postgresql://a@127.0.0.1/rcm', '/ca')]).toEqual([own, 'postgresql://a@127.0.0.1/rcm']);
  });
});
