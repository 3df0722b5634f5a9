// In Swagger UI: signs in at Authorize, tries an operation without parameters, and comes to the status it shows.
async ([token, operation]) => {
  const until = async (find, seconds = 20) => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      const found = find();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`not on the page: ${find}`);
  };
  const button = (words, within) => until(() => [...within.querySelectorAll("button")].find((b) => b.textContent.trim() === words));

  (await button("Authorize", document)).click();
  const dialog = await until(() => document.querySelector(".modal-ux"));
  const field = await until(() => dialog.querySelector("#auth-bearer-value") || dialog.querySelector("input"));
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, token);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  (await button("Authorize", dialog)).click();
  await button("Logout", dialog);
  (await button("Close", dialog)).click();

  const block = await until(() => document.getElementById(operation));
  block.querySelector(".opblock-summary-control").click();
  (await button("Execute", block)).click();
  const shown = ".live-responses-table tbody .response-col_status";
  return parseInt((await until(() => block.querySelector(shown))).textContent, 10);
};
