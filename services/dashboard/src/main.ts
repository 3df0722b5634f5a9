import { mount } from 'svelte';

import './style/tokens.css';
import './style/base.css';
import App from './App.svelte';
import { readSettings } from './api/settings';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
// Whether somebody has to sign in is known before anything is asked.
try {
  await readSettings();
} catch (error) {
  // A page that stays white says nothing to anybody; it is tried again until the gateway answers.
  target.textContent = '게이트웨이가 응답하지 않아 다시 시도합니다. · The gateway does not answer; trying again.';
  setTimeout(() => location.reload(), 3_000);
  throw error;
}
mount(App, { target });
