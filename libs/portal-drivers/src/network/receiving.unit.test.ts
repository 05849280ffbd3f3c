import { expect, it } from 'vitest';
import { declaredOrigins } from './origins.ts';

const HOSTS = ['portal.example', 'idp.example', 'cdn.example'];
const received = (receiving?: readonly string[]) => {
  const origins = declaredOrigins({ baseUrl: 'https://portal.example/', hosts: HOSTS, receiving });
  return HOSTS.filter((host) => origins.receives(`https://${host}/login`) && origins.destination(`${host}:443`, true)?.receives);
};

it('only the hosts that may receive what was typed do', () => {
  expect(received(['portal.example', 'idp.example'])).toEqual(['portal.example', 'idp.example']);
});

it('every host does where nothing is said of that', () => {
  expect(received()).toEqual(HOSTS);
});
