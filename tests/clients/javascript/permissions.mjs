// Who may do what: ACLs, roles, permissions of classes.
import assert from 'node:assert/strict';
import Parse from 'parse/node';
import { master, named, newUser, refused, unique, values } from './context.mjs';

const Note = named('Note');

const read = (id, options) => new Parse.Query(Note).get(id, options);

export const acls = async () => {
  const [ann, bob] = [await newUser(), await newUser()];
  const note = new Parse.Object(Note, { text: 'mine' });
  note.setACL(new Parse.ACL(ann.user));
  await note.save(null, ann.session);
  assert.equal((await read(note.id, ann.session)).get('text'), 'mine');
  await refused(101, read(note.id, bob.session));
  await refused(101, read(note.id));
  assert.equal((await read(note.id, master)).get('text'), 'mine');
  const acl = new Parse.ACL(ann.user);
  acl.setPublicReadAccess(true);
  await note.save({ ACL: acl }, ann.session);
  const seen = await read(note.id);
  assert.ok(seen.getACL().getPublicReadAccess());
  assert.ok(seen.getACL().getWriteAccess(ann.id));
  await refused(101, seen.save({ text: 'theirs' }, bob.session));
  await refused(101, seen.destroy());
  await seen.destroy(ann.session);
};

export const roles = async () => {
  const [ann, bob] = [await newUser(), await newUser()];
  const open = new Parse.ACL();
  open.setPublicReadAccess(true);
  const admins = new Parse.Role(unique('admins').replace(/_/g, '-'), open);
  admins.getUsers().add(ann.user);
  await admins.save(null, master);
  const editors = new Parse.Role(unique('editors').replace(/_/g, '-'), open);
  editors.getUsers().add(bob.user);
  await editors.save(null, master);
  const acl = new Parse.ACL();
  acl.setRoleReadAccess(admins, true);
  acl.setRoleWriteAccess(admins, true);
  const note = new Parse.Object(Note, { text: 'for admins' });
  note.setACL(acl);
  await note.save(null, master);
  await (await read(note.id, ann.session)).save({ text: 'seen' }, ann.session);
  await refused(101, read(note.id, bob.session));
  // a role within a role inherits
  admins.getRoles().add(editors);
  await admins.save(null, master);
  assert.equal((await read(note.id, bob.session)).get('text'), 'seen');
  const found = await new Parse.Query(Parse.Role).equalTo('name', admins.getName()).first();
  assert.equal(found.id, admins.id);
  const members = await found.getUsers().query().find(master);
  assert.deepEqual(members.map((user) => user.id), [ann.id]);
  await refused(101, admins.save({ more: 1 }));
  await refused(137, new Parse.Role(admins.getName(), open).save(null, master));
  await Parse.Object.destroyAll([admins, editors], master);
};

export const classPermissions = async () => {
  const name = named('Closed');
  const clp = new Parse.CLP({ find: {}, get: { '*': true }, create: { requiresAuthentication: true }, addField: {} });
  clp.setProtectedFields('*', ['secret']);
  await new Parse.Schema(name).addString('text').addString('secret').setCLP(clp).save();
  const ann = await newUser();
  const make = (options) => new Parse.Object(name, { text: 't', secret: 's' }).save(null, options);
  await refused(101, make());
  const made = await make(ann.session);
  await refused(119, new Parse.Query(name).find());
  const got = await new Parse.Query(name).get(made.id);
  assert.deepEqual([got.get('text'), got.has('secret')], ['t', false]);
  assert.equal((await new Parse.Query(name).get(made.id, master)).get('secret'), 's');
  await refused(119, new Parse.Object(name, { other: 1 }).save(null, ann.session));
};

export const schemas = async () => {
  const name = named('Planned');
  const target = named('Target');
  await new Parse.Schema(target).save();
  const schema = new Parse.Schema(name);
  schema
    .addString('s', { required: true })
    .addNumber('n', { defaultValue: 7 })
    .addBoolean('b')
    .addDate('d')
    .addFile('f')
    .addGeoPoint('g')
    .addPolygon('p')
    .addArray('a')
    .addObject('o')
    .addBytes('y')
    .addPointer('to', target)
    .addRelation('many', target);
  await schema.save();
  const made = await new Parse.Object(name, { s: 'x' }).save();
  assert.equal((await new Parse.Query(name).get(made.id)).get('n'), 7);
  await refused(142, new Parse.Object(name).save());
  const read = await new Parse.Schema(name).get();
  assert.equal(read.className, name);
  assert.deepEqual(read.fields.to, { type: 'Pointer', targetClass: target });
  assert.deepEqual([read.fields.s.type, read.fields.s.required], ['String', true]);
  assert.equal(read.fields.many.type, 'Relation');
  await new Parse.Schema(name).deleteField('b').addString('more').update();
  const changed = await new Parse.Schema(name).get();
  assert.ok(!('b' in changed.fields) && 'more' in changed.fields);
  const all = (await Parse.Schema.all()).map((one) => one.className);
  assert.ok(all.includes(name) && all.includes('_User'));
  await refused(255, new Parse.Schema(name).delete());
  await new Parse.Schema(name).purge();
  assert.deepEqual(values(await new Parse.Query(name).find(master), 's'), []);
  await new Parse.Schema(name).delete();
  await refused(103, new Parse.Schema(name).get());
};
