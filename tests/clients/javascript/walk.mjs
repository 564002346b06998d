// Walks through a Parse Server with the official JavaScript client, and says what does not come back as it should.
// It is the same for the mock and for the real server: PARSE_SERVER_URL, PARSE_APP_ID, PARSE_JAVASCRIPT_KEY and
// PARSE_MASTER_KEY say which. Arguments choose subjects.
import Parse from 'parse/node';
import { classes, only } from './context.mjs';

const { env } = process;
Parse.initialize(env.PARSE_APP_ID ?? 'app', env.PARSE_JAVASCRIPT_KEY ?? 'js', env.PARSE_MASTER_KEY ?? 'master');
Parse.serverURL = env.PARSE_SERVER_URL ?? 'http://127.0.0.1:1337/parse';
Parse.User.enableUnsafeCurrentUser();
// a server that fails is not asked again: its error is what is looked at
Parse.CoreManager.set('REQUEST_ATTEMPT_LIMIT', 1);

const rooms = ['objects', 'queries', 'permissions', 'users', 'files', 'cloud', 'services', 'live'];
const chosen = process.argv.slice(2);
let failed = 0;
for (const room of rooms.filter((room) => chosen.length === 0 || chosen.includes(room))) {
  const subjects = await import(`./${room}.mjs`);
  for (const [name, walk] of Object.entries(subjects)) {
    const title = `javascript ${room}: ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`;
    try {
      const said = await only(walk);
      console.log(`ok      ${title}${typeof said === 'string' ? ` (${said})` : ''}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${title}\n${String(error?.stack ?? error).replace(/^/gm, '        ')}`);
      if (error instanceof Parse.Error) console.log(`        code ${error.code}`);
    } finally {
      await Parse.User.logOut().catch(() => {});
    }
  }
}
// a server that others use as well is left as it was
for (const name of classes) {
  const schema = new Parse.Schema(name);
  await schema.purge().catch(() => {});
  await schema.delete().catch(() => {});
}
console.log(failed === 0 ? 'javascript: all is well' : `javascript: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
