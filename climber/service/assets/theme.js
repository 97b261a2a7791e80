// Light, dark or as the system says: applied before the first paint, kept in this browser.

const CHOICES = ["auto", "light", "dark"];

function apply(choice) {
  document.documentElement.style.colorScheme = choice === "auto" ? "" : choice;
  document.documentElement.dataset.theme = choice;
}

apply(localStorage.getItem("highmast-theme") ?? "auto");
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const show = () => (button.textContent = button.dataset[document.documentElement.dataset.theme]);
  button.addEventListener("click", () => {
    const next = CHOICES[(CHOICES.indexOf(document.documentElement.dataset.theme) + 1) % CHOICES.length];
    localStorage.setItem("highmast-theme", next);
    apply(next);
    show();
    document.dispatchEvent(new Event("themechange"));
  });
  show();
});
