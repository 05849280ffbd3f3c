/** A browser without its looks: keeps cookies, follows redirects, knows the token of the newest page. */
export class Visitor {
  readonly baseUrl: string;
  readonly cookies = new Map<string, string>();
  token = '';

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
  }

  async request(method: string, path: string, init: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<Answer> {
    const response = await fetch(new URL(path, this.baseUrl), {
      ...init,
      method,
      redirect: 'manual',
      headers: { ...init.headers, cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = cookie.split(';', 1)[0]?.split('=') ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location !== null) return this.request('GET', location);
    const text = await response.text();
    this.token = /name="(?:_csrf|TOKEN)" value="([^"]+)"/.exec(text)?.[1] ?? /"csrf":"([^"]+)"/.exec(text)?.[1] ?? this.token;
    return { status: response.status, path, text };
  }

  get(path: string): Promise<Answer> {
    return this.request('GET', path);
  }

  postForm(path: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    return this.request('POST', path, { body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  }

  postJson(path: string, body: unknown): Promise<Answer> {
    return this.request('POST', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-csrf-token': this.token } });
  }
}

export interface Answer {
  readonly status: number;
  /** Where the last redirect led. */
  readonly path: string;
  readonly text: string;
}
