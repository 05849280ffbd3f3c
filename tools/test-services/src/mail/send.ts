import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Hands one mail over by SMTP (RFC 5321). Rejects where the server does not take it. */
export async function sendMail(port: number, { from, to, text }: { readonly from: string; readonly to: string; readonly text: string }): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const answer = async (): Promise<void> => {
    for (;;) {
      const { value = '', done } = await lines.next();
      if (done || /^[45]/.test(value)) throw new Error(`the mail was not taken: ${value}`);
      if (/^\d{3} /.test(value)) return;
    }
  };
  try {
    await once(socket, 'connect');
    await answer();
    for (const command of ['EHLO sender.example', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA']) {
      socket.write(`${command}\r\n`);
      await answer();
    }
    socket.write(`${text.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..')}\r\n.\r\n`);
    await answer();
    socket.write('QUIT\r\n');
  } finally {
    socket.destroy();
  }
}
