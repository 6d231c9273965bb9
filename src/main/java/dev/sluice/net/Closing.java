package dev.sluice.net;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Closes a channel that fails: a connection that breaks is the everyday, and whoever waits for it is told of its end. */
@Sharable
public final class Closing extends ChannelInboundHandlerAdapter {
    public static final Closing INSTANCE = new Closing();

    private Closing() {}

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var _ = context.close();
    }
}
