// Files.
import assert from 'node:assert/strict';
import Parse from 'parse/node';
import { master, named, newUser, refused } from './context.mjs';

const Album = named('Album');
const text = (base64) => Buffer.from(base64, 'base64').toString();
const base64 = (text) => Buffer.from(text).toString('base64');

export const uploadAndDownload = async () => {
  const ann = await newUser();
  const file = new Parse.File('hello.txt', { base64: base64('Hello') }, 'text/plain');
  await file.save(ann.session);
  assert.match(file.name(), /^[0-9a-f]{32}_hello\.txt$/);
  assert.ok(file.url().startsWith(Parse.serverURL));
  const answer = await fetch(file.url());
  assert.deepEqual([answer.status, await answer.text()], [200, 'Hello']);
  assert.match(answer.headers.get('content-type'), /^text\/plain/);
  const again = Parse.File.fromJSON(file.toJSON());
  assert.equal(text(await again.getData()), 'Hello');
  await again.destroy(master);
  assert.equal((await fetch(file.url())).status, 404);
  await refused(153, Parse.File.fromJSON(file.toJSON()).destroy(master));
};

export const bytesOfEverySource = async () => {
  const { session } = await newUser();
  const bytes = [0, 1, 2, 253, 254, 255];
  for (const file of [
    new Parse.File('list.bin', bytes),
    new Parse.File('buffer.bin', Buffer.from(bytes)),
    new Parse.File('uri.bin', { base64: `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}` }),
  ]) {
    await file.save(session);
    const back = Buffer.from(await (await fetch(file.url())).arrayBuffer());
    assert.deepEqual([...back], bytes, file.name());
    await file.destroy(master);
  }
};

export const withinObjects = async () => {
  const { session } = await newUser();
  const cover = new Parse.File('cover.txt', { base64: base64('a cover') }, 'text/plain');
  await cover.save(session);
  const album = await new Parse.Object(Album, { cover, pages: [cover] }).save(null, session);
  const found = await new Parse.Query(Album).get(album.id);
  assert.deepEqual([found.get('cover').name(), found.get('cover').url()], [cover.name(), cover.url()]);
  assert.equal(found.get('pages')[0].url(), cover.url());
  // an unsaved one goes up with its object
  const fresh = new Parse.File('fresh.txt', { base64: base64('fresh') }, 'text/plain');
  await found.save({ fresh }, session);
  assert.equal(await (await fetch(found.get('fresh').url())).text(), 'fresh');
};

export const metadata = async () => {
  const { session } = await newUser();
  const file = new Parse.File('m.txt', { base64: base64('m') }, 'text/plain');
  file.setMetadata({ author: 'Ann' });
  file.addTag('kind', 'test');
  await file.save(session);
  assert.deepEqual(file.metadata(), { author: 'Ann' });
  assert.equal(await (await fetch(file.url())).text(), 'm');
};
