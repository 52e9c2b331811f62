def test_walk(installation, alice, bob):
    b = bob.signs_in()
    for path in (
        "/",
        "/my-user",
        "/my-user/password",
        "/general-settings",
        "/general-settings/security",
        "/general-settings/security/edit",
        "/users",
        "/users/1",
        "/users?q=ali",
        "/users?q=al&two_factor=off",
        "/activity-log",
        "/activity-log?from=2026-11-01&actor=bob",
    ):
        p = b.get(path)
        assert p.status == 200, (path, p.text)
    p = b.get("/general-settings/security/edit")
    p = b.submit(p, "/general-settings/security", two_factor="on", part=True)
    assert p.status == 200, p.text
    print(p.html)
    a = alice.signs_in()
    assert "/my-user" in a.get("/").links()
    alice.sets_up()
    print(a.get("/my-user").text)
    assert a.get("/").has(".two-keys")
    a.post("/logout")
    assert alice.types(code="").status == 422
    alice.signs_in()
    p = b.get("/users")
    print(p.text)
    print(b.get("/activity-log").text)
    print(b.client.get("/activity-log.csv").text)
    p = b.get(f"/users/{alice.user_id}?act=reset")
    p = b.submit(p, f"/users/{alice.user_id}/reset-two-factor", reason="lost phone")
    assert p.status == 303, p.text
    assert b.get("/nowhere").status == 404
    assert a.get("/users").status == 303
