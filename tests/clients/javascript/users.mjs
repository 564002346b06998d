// Users and their sessions.
import assert from 'node:assert/strict';
import Parse from 'parse/node';
import { master, newUser, refused, unique } from './context.mjs';

const mail = () => `${unique('mail').toLowerCase()}@example.com`;

export const signUpAndLogIn = async () => {
  const [username, email] = [unique('ann'), mail()];
  const ann = await Parse.User.signUp(username, 'secret', { email, phone: '415-392-0202' });
  assert.ok(ann.isCurrent() && ann.getSessionToken().startsWith('r:'));
  assert.equal(Parse.User.current().id, ann.id);
  await refused(202, Parse.User.signUp(username, 'other', {}));
  await refused(203, Parse.User.signUp(unique(), 'other', { email }));
  const token = ann.getSessionToken();
  await Parse.User.logOut();
  assert.equal(Parse.User.current(), null);
  await refused(209, Parse.User.become(token));
  await refused(101, Parse.User.logIn(username, 'wrong'));
  const again = await Parse.User.logIn(username, 'secret');
  assert.deepEqual([again.id, again.get('phone'), again.getEmail()], [ann.id, '415-392-0202', email]);
  await Parse.User.logOut();
  await refused(101, Parse.User.verifyPassword(username, 'wrong'));
  assert.equal((await Parse.User.verifyPassword(username, 'secret')).username, username);
};

export const becomeAndMe = async () => {
  const ann = await newUser();
  const me = await Parse.User.me(ann.session.sessionToken);
  assert.equal(me.id, ann.id);
  const current = await Parse.User.become(ann.session.sessionToken);
  assert.deepEqual([current.id, Parse.User.current().id], [ann.id, ann.id]);
  await current.save({ phone: '1' });
  await current.fetch();
  assert.equal(current.get('phone'), '1');
  const hydrated = await Parse.User.hydrate(current.toJSON());
  assert.equal(hydrated.id, ann.id);
  // a new password ends the session, and the answer brings the next
  const before = current.getSessionToken();
  await current.save({ password: 'other' });
  assert.notEqual(current.getSessionToken(), before);
  await refused(209, Parse.User.me(before));
  assert.equal((await Parse.User.me(current.getSessionToken())).id, ann.id);
};

export const others = async () => {
  const [ann, bob] = [await newUser(), await newUser()];
  await refused(101, new Parse.Query(Parse.User).get(ann.id, bob.session));
  assert.equal((await new Parse.Query(Parse.User).get(ann.id, ann.session)).id, ann.id);
  await refused(206, Parse.User.createWithoutData(ann.id).save({ phone: '2' }, bob.session));
  const edited = await Parse.User.createWithoutData(ann.id).save({ phone: '3' }, master);
  assert.equal(edited.get('phone'), '3');
  const as = await Parse.User.loginAs(ann.id);
  assert.equal(as.id, ann.id);
  await Parse.User.logOut();
  await Parse.User.createWithoutData(bob.id).destroy(bob.session);
  await refused(209, Parse.User.me(bob.session.sessionToken));
};

export const sessions = async () => {
  const ann = await newUser();
  const session = await Parse.Session.current(ann.session).catch((error) => error);
  const found = await new Parse.Query(Parse.Session).find(ann.session);
  assert.equal(found.length, 1);
  assert.equal(found[0].get('user').id, ann.id);
  assert.equal(found[0].getSessionToken(), ann.session.sessionToken);
  assert.deepEqual(found[0].get('createdWith').action, 'signup');
  await Parse.User.become(ann.session.sessionToken);
  assert.equal((await Parse.Session.current()).id, found[0].id);
  assert.ok(session);
  await found[0].destroy(ann.session);
  await refused(209, new Parse.Query(Parse.Session).find(ann.session));
};

export const providers = async () => {
  const authData = { id: unique('id'), token: 'good' };
  const ann = await Parse.User.logInWith('fakeauth', { authData });
  assert.ok(ann.getSessionToken());
  assert.equal(ann.existed(), false);
  const again = await Parse.User.logInWith('fakeauth', { authData });
  assert.equal(again.id, ann.id);
  await Parse.User.logOut();
  await refused(101, Parse.User.logInWith('fakeauth', { authData: { id: unique(), token: 'bad' } }));
  await refused(252, Parse.User.logInWith('nosuchservice', { authData: { id: unique() } }));
  const bob = await Parse.User.signUp(unique('bob'), 'secret', {});
  const own = { id: unique('id'), token: 'good' };
  await bob.linkWith('fakeauth', { authData: own });
  await refused(208, bob.linkWith('fakeauth', { authData }));
  await bob.fetch();
  assert.ok(bob._isLinked('fakeauth'));
  await bob._unlinkFrom('fakeauth');
  const other = await Parse.User.logInWith('fakeauth', { authData: own });
  assert.notEqual(other.id, bob.id);
};

export const anonymous = async () => {
  const nobody = await Parse.AnonymousUtils.logIn();
  assert.ok(Parse.AnonymousUtils.isLinked(nobody) && nobody.getSessionToken());
  const id = nobody.id;
  const username = unique('somebody');
  nobody.setUsername(username);
  nobody.setPassword('secret');
  await nobody.signUp();
  assert.equal(nobody.id, id);
  await Parse.User.logOut();
  const back = await Parse.User.logIn(username, 'secret');
  assert.deepEqual([back.id, Parse.AnonymousUtils.isLinked(back)], [id, false]);
};

export const passwordReset = async () => {
  const email = mail();
  await Parse.User.signUp(unique('ann'), 'secret', { email });
  await Parse.User.logOut();
  await Parse.User.requestPasswordReset(email);
  // whether an address is known is not told
  await Parse.User.requestPasswordReset(mail());
  await refused(204, Parse.User.requestPasswordReset(''));
};
