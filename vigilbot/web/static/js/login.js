const fault = document.getElementById("fault");

document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const response = await fetch("/api/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token: document.getElementById("token").value }),
  }).catch(() => null);
  if (response?.ok) location.reload();
  else fault.textContent = response ? (await response.json()).error : "vigilbot does not answer: is it still running?";
});
