"""Each route says which verb it needs. A route that says nothing is refused (`branches.rights.PolicyMiddleware`)."""

PUBLIC = "public"  # anybody, signed in or not
SIGNED_IN = "signed_in"  # anybody with an account, whatever the post


def policy(verb):
    """Declare the verb that a view needs; the rows it shows are narrowed by `visible_to`."""

    def declare(view):
        view.policy = verb
        return view

    return declare
