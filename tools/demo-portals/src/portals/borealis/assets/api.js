/** Speaks the portal's JSON API. Keeps the newest session answer, whose token signs the next post. */
let session = { stage: 'anonymous', csrf: '' };

export const currentSession = () => session;

/** Resolves to `{ ok, problem, body }`; `problem` is a word the texts know, also where no answer came at all. */
async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: method === 'POST' ? { 'content-type': 'application/json', 'x-csrf-token': session.csrf } : {},
      body: method === 'POST' ? JSON.stringify(body) : undefined,
    });
  } catch {
    return { ok: false, problem: 'connection_lost', body: {} };
  }
  const device = response.headers.get('x-borealis-device');
  if (device !== null) localStorage.setItem('borealis.device', device);
  const answer = await response.json().catch(() => ({ problem: 'failure' }));
  if (answer.session) session = answer.session;
  return { ok: response.ok, problem: response.ok ? null : (answer.problem ?? 'failure'), body: answer };
}

export const get = (path) => call('GET', path);
export const post = (path, body = {}) => call('POST', path, body);
