/* What starting a program costs by itself: the peer of a cold start. */
int main(void)
{
	return 0;
}
